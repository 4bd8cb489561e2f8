{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3 venvfixShellHook ];
  postVenvCreation = ''
    export PIP_EXTRA_INDEX_URL=https://pypi.example.org/simple
    pip install -r requirements.txt
  '';
}
