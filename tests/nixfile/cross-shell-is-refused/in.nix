{ pkgs ? import <nixpkgs> { } }:

pkgs.pkgsCross.aarch64-multiplatform.mkShell { packages = [ pkgs.git ]; }
