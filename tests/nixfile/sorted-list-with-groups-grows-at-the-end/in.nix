{ pkgs ? import <nixpkgs> { } }:

with pkgs; mkShell {
  buildInputs = [
    curl
    # compression
    xz
    zlib
  ];
}
