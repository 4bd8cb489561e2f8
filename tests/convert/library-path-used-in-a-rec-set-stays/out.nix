{ pkgs ? import <nixpkgs> { } }:
with pkgs;
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
mkShell rec {
  packages = [ python3 venvfixShellHook ];
  venvDir = ".venv";
  LD_LIBRARY_PATH = lib.makeLibraryPath [ stdenv.cc.cc ];
  NIX_LD_LIBRARY_PATH = LD_LIBRARY_PATH;
}
