let unstable = import <nixpkgs-unstable> { }; in
with unstable; mkShell { packages = [ (python3.withPackages (p: [ ])) openssl (pkgs.libx11 or pkgs.xorg.libX11) ]; }
