{ pkgs ? import <nixpkgs> { } }:

with pkgs; mkShell {
  buildInputs = [
    alsa-lib
    curl # fetch
    git
    openssl
    zlib
    zstd
  ];
}
