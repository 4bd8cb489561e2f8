{ pkgs ? import <nixpkgs> { } }:

with pkgs; with lib; mkShell { packages = [ git ]; }
