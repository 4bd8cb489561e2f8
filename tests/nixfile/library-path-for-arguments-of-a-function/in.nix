{ mkShell, lib, stdenv, zlib, python3, ... }:
let
  libraries = lib.makeLibraryPath [ stdenv.cc.cc.lib zlib ];
in
mkShell {
  packages = [ python3 ];
  env.NIX_LD_LIBRARY_PATH = libraries;
}
