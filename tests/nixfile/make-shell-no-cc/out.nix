{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShellNoCC { packages = [ pkgs.git pkgs.openssl ]; }
