{ pkgs ? import <nixpkgs> { } }:

let openssl = 1; in with pkgs; mkShell { buildInputs = [ git pkgs.openssl ]; }
