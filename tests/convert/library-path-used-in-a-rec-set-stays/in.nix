{ pkgs ? import <nixpkgs> { } }:
with pkgs;
mkShell rec {
  packages = [ python3 python3Packages.venvShellHook ];
  venvDir = ".venv";
  LD_LIBRARY_PATH = lib.makeLibraryPath [ stdenv.cc.cc ];
  NIX_LD_LIBRARY_PATH = LD_LIBRARY_PATH;
}
