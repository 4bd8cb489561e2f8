{ pkgs ? import <nixpkgs> { } }:
let
  core = pkgs: with pkgs; [ git openssl ];
in
pkgs.mkShell { packages = core pkgs; }
