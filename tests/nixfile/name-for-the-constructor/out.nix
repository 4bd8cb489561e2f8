{ pkgs ? import <nixpkgs> { } }:

let mkShell = pkgs.mkShell.override { stdenv = pkgs.gcc12Stdenv; }; in mkShell { packages = [ pkgs.openssl ]; }
