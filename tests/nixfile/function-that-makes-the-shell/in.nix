{ pkgs ? import <nixpkgs> { } }:

let make = python: pkgs.mkShell { packages = [ python ]; }; in make pkgs.python3
