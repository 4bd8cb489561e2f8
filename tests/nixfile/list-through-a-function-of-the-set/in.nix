{ pkgs ? import <nixpkgs> { } }:
let
  core = pkgs: with pkgs; [ git ];
in
pkgs.mkShell { packages = core pkgs; }
