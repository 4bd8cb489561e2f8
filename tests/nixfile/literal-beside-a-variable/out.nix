{ pkgs ? import <nixpkgs> { } }:

{ extra }: pkgs.mkShell { buildInputs = [ pkgs.git pkgs.openssl ] ++ extra; }
