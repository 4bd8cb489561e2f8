{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs = { self, nixpkgs, flake-utils }:
    flake-utils.lib.eachDefaultSystem (system:
      let
        pkgs = import nixpkgs { inherit system; };
      in {
        devShells.default = pkgs.mkShell { packages = [ pkgs.zlib pkgs.openssl ]; };
        devShells.shell = pkgs.mkShell { packages = [ pkgs.zlib ]; };
      }
    );
}
