with import <nixpkgs> { };

mkShell { packages = [ git (pkgs.libx11 or pkgs.xorg.libX11 or pkgs.xlibs.libX11) ]; }
