{ pkgs ? import <nixpkgs> { } }:

with pkgs; mkShell {
  buildInputs = [ # why
    zlib ];
}
