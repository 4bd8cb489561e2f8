{ mkShell, lib, stdenv, zlib, python3, openssl, ... }:
let
  libraries = lib.makeLibraryPath [ stdenv.cc.cc.lib zlib openssl ];
in
mkShell {
  packages = [ python3 ];
  env.NIX_LD_LIBRARY_PATH = libraries;
}
