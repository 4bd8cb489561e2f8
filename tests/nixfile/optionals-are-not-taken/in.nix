{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell { buildInputs = [ ] ++ pkgs.lib.optionals true [ pkgs.git ]; }
