{ pkgs ? import <nixpkgs> { } }:

with pkgs; mkShell { packages = [ pkgs.git pkgs.curl ]; }
