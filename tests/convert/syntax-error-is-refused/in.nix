{ pkgs }: pkgs.mkShell { packages = [ ; }
