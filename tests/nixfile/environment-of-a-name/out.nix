let env = with import <nixpkgs> { }; mkShell { packages = [ openssl ]; };
in env
