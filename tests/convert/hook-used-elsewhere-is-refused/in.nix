{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell rec {
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  venvDir = ".venv";
  postVenvCreation = ''
    pip install -r requirements.txt
  '';
  FOO = postVenvCreation;
}
