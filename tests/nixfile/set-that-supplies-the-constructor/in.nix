with import ./other.nix;
mkShell { packages = [ tool ]; }
