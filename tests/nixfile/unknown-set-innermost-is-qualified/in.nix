{ pkgs ? import <nixpkgs> { } }:

{ inputs }: pkgs.mkShell { packages = with inputs; [ tool ]; }
