import ./nix/dev.nix { }
