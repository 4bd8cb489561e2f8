{ pkgs ? import <nixpkgs> { } }:

(pkgs.mkShell.override { stdenv = pkgs.clangStdenv; }) { buildInputs = [ pkgs.git ]; }
