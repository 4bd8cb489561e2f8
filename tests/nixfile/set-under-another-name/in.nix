{ nixpkgs ? import <nixpkgs> { } }:

nixpkgs.mkShell { packages = [ ]; }
