{ pkgs ? import <nixpkgs> { } }:

let lib = 1; in with pkgs; mkShell { buildInputs = [ git stdenv.cc.cc.lib ]; }
