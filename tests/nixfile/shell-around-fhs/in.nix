{ pkgs ? import <nixpkgs> { } }:

let
  fhs = pkgs.buildFHSEnv { name = "fhs"; targetPkgs = p: [ p.zlib ]; };
in
pkgs.mkShell { packages = [ fhs ]; }
