{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = "./.venv";
  buildInputs = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postVenvCreation = "pip install -r requirements.txt";
  shellHook = "echo welcome";
}
