{ pkgs ? import <nixpkgs> { } }:

let zlib = import ./zlib.nix; in with pkgs; mkShell { buildInputs = [ zlib pkgs.zlib ]; }
