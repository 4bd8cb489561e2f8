{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postVenvCreation = ''
    export PIP_EXTRA_INDEX_URL=https://pypi.example.org/simple
    pip install -r requirements.txt
  '';
}
