{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs = { self, nixpkgs, flake-utils }:
    flake-utils.lib.eachDefaultSystem (system:
      let
        pkgs = import nixpkgs { inherit system; };
        full = pkgs.mkShell {
          packages = [ pkgs.git pkgs.openssl ];
        };
      in {
        packages.x = pkgs.python3Packages.buildPythonPackage { buildInputs = [ pkgs.zlib ]; };
        devShells.default = full;
        devShells.full = full;
      }
    );
}
