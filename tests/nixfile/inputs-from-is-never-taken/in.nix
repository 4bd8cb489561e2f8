{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell { inputsFrom = [ pkgs.git ]; }
