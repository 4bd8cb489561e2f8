{ pkgs ? import <nixpkgs> { } }:

{ extra }: pkgs.mkShell ({ packages = [ pkgs.git ]; } // extra)
