{ pkgs ? import <nixpkgs> { } }:

{
  package = pkgs.stdenv.mkDerivation { buildInputs = [ ]; };
  shell = pkgs.mkShell { packages = [ ]; };
}
