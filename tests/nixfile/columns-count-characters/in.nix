{ pkgs ? import <nixpkgs> { } }:

{ a = "äöü"; b = pkgs.mkShell { packages = [ ]; }; c = pkgs.mkShell { }; }
