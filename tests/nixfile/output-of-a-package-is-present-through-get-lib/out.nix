{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell { buildInputs = [ (pkgs.lib.getLib pkgs.openssl) pkgs.zlib.out ]; }
