{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell { buildInputs = [ pkgs.openssl ] ++ pkgs.lib.optionals true [ pkgs.git ]; }
