{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [
    pkgs.openssl
    pkgs.zlib
  ];
}
