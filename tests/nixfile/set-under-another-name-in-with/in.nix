let unstable = import <nixpkgs-unstable> { }; in
with unstable; mkShell { packages = [ (python3.withPackages (p: [ ])) ]; }
