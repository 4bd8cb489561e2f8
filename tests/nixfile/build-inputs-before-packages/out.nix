{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell { packages = [ pkgs.git ]; buildInputs = [ pkgs.zlib pkgs.openssl ]; }
