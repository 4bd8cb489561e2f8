{ pkgs ? import <nixpkgs> { } }:

let buildInputs = [ pkgs.git ]; in pkgs.mkShell { inherit buildInputs; }
