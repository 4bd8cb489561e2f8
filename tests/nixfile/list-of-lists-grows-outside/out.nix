{ pkgs ? import <nixpkgs> { } }:

let a = [ pkgs.git ]; in pkgs.mkShell { buildInputs = [ a [ pkgs.curl ] pkgs.openssl ]; }
