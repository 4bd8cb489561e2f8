{ pkgs ? import <nixpkgs> { } }:

with pkgs; mkShell {
  buildInputs = [ # head
    zlib # tail
    # libffi
  ];
}
