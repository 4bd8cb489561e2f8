{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs = { self, nixpkgs, flake-utils }:
    flake-utils.lib.eachDefaultSystem (system:
      let
        pkgs = import nixpkgs { inherit system; };
      in {
        devShells.default = self.devShells.${system}.full;
        devShells.full = pkgs.mkShell { packages = [ pkgs.git ]; };
      }
    );
}
