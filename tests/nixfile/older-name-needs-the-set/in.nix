with import <nixpkgs> { };

mkShell { packages = [ git ]; }
