{ pkgs ? import <nixpkgs> { } }:

let buildInputs = [ pkgs.git pkgs.openssl ]; in pkgs.mkShell { inherit buildInputs; }
