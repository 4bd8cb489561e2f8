{ mkShell, zlib, pkgs }:

mkShell { buildInputs = [ zlib (pkgs.libx11 or pkgs.xorg.libX11) ]; }
