{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./.venv";
  packages = with pkgs; [ python3 venvfixShellHook stdenv.cc.cc.lib glib.out ];
}
