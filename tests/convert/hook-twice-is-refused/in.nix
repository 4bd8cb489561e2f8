{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3Packages.venvShellHook pkgs.python312Packages.venvShellHook ];
}
