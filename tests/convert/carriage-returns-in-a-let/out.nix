{ pkgs ? import <nixpkgs> { } }:
let
  x = 1;

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = [
    pkgs.python3Packages.python
    venvfixShellHook
  ];
}
