{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell { buildInputs = import ./inputs.nix; packages = [ pkgs.git ]; }
