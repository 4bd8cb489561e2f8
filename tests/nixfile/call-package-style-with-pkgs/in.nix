{ pkgs, mkShell }:

mkShell { buildInputs = [ ]; }
