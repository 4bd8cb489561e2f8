{ pkgs ? import <nixpkgs> { } }:
let
  x = 1;
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = [
    pkgs.python3Packages.venvShellHook
  ];
}
