{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell rec {
  venvDir = "./.venv";
  packages = with pkgs; [ python3 venvfixShellHook ];
  buildInputs = with pkgs; [ zlib libGL ];
}
