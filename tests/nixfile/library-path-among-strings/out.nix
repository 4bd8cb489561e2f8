{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [
    pkgs.stdenv.cc.cc
    "/run/opengl-driver"
    pkgs.openssl
  ];
  packages = with pkgs; [ python3 ];
}
