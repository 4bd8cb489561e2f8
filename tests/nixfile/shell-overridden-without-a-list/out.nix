{ pkgs ? import <nixpkgs> { } }:

(pkgs.mkShell { packages = [ pkgs.uv pkgs.openssl ]; }).overrideAttrs (_: { name = "x"; })
