{ pkgs ? import <nixpkgs> { } }:

let base = import ./base.nix; in pkgs.mkShell { buildInputs = base.inputs ++ [ pkgs.git pkgs.openssl ]; }
