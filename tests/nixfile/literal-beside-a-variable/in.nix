{ pkgs ? import <nixpkgs> { } }:

{ extra }: pkgs.mkShell { buildInputs = [ pkgs.git ] ++ extra; }
