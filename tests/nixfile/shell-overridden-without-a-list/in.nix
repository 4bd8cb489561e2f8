{ pkgs ? import <nixpkgs> { } }:

(pkgs.mkShell { packages = [ pkgs.uv ]; }).overrideAttrs (_: { name = "x"; })
