{
  description = "Keeps a pip virtual environment working inside a Nix shell";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      forEachSystem = nixpkgs.lib.genAttrs [
        "x86_64-linux"
        "aarch64-linux"
      ];
    in
    {
      overlays.default = import ./overlay.nix;

      # The package set with the overlay, for `legacyPackages.${system}.mkVenvShell { … }`.
      legacyPackages = forEachSystem (
        system: nixpkgs.legacyPackages.${system}.extend self.overlays.default
      );

      packages = forEachSystem (system: {
        inherit (self.legacyPackages.${system}) venvfix venvfixShellHook;
        default = self.legacyPackages.${system}.venvfix;
      });
    };
}
