{ devshell }:
devshell.mkShell { packages = [ ]; }
