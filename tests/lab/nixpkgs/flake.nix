{
  description = "The laboratory's stand-in for nixpkgs";
  outputs = _: {
    lib = import ./lib.nix;
    # The .deb files are outside the flake: evaluate with --impure.
    legacyPackages.x86_64-linux = import ./default.nix { };
  };
}
