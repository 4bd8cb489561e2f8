{ pkgs ? import <nixpkgs> { }, more }:
let
  path = [ pkgs.python3Packages.python venvfixShellHook pkgs.zlib ];

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./.venv";
  packages = path;
}
