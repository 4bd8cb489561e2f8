{ pkgs ? import <nixpkgs> { } }:

with pkgs; mkShell {
  buildInputs = [
    curl # fetch
    git
    zlib
  ];
}
