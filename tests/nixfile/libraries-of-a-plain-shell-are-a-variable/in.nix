{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  libraries = [ pkgs.file ];
  buildInputs = [ pkgs.zlib ];
}
