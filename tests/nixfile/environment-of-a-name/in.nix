let env = with import <nixpkgs> { }; mkShell { packages = [ ]; };
in env
