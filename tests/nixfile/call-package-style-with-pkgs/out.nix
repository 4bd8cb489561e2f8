{ pkgs, mkShell }:

mkShell { buildInputs = [ pkgs.openssl ]; }
