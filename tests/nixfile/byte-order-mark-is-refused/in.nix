{ pkgs }: pkgs.mkShell { packages = [ ]; }
