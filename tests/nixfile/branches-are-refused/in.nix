{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell { buildInputs = if true then [ pkgs.git ] else [ pkgs.curl ]; }
