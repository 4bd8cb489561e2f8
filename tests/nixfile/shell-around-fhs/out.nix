{ pkgs ? import <nixpkgs> { } }:

let
  fhs = pkgs.buildFHSEnv { name = "fhs"; targetPkgs = p: [ p.zlib p.openssl ]; };
in
pkgs.mkShell { packages = [ fhs ]; }
