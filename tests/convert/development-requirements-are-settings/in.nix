{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3 pkgs.python3.pkgs.venvShellHook ];
  postVenvCreation = "pip install -r requirements.txt -r requirements-dev.txt";
}
