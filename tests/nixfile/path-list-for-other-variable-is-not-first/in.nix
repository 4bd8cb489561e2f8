{ pkgs ? import <nixpkgs> { } }:

with pkgs; mkShell {
  LIBCLANG_PATH = lib.makeLibraryPath [ libclang ];
  buildInputs = [ zlib ];
}
