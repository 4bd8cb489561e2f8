{ pkgs ? import <nixpkgs> { } }:

let make = python: pkgs.mkShell { packages = [ python pkgs.openssl ]; }; in make pkgs.python3
