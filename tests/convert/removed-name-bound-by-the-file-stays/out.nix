{ pkgs ? import <nixpkgs> { } }:
let
  python39 = pkgs.python312;
  pythonPackages = python39.pkgs;

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ python39 venvfixShellHook ];
}
