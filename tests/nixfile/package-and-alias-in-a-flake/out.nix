{
  outputs = { self, nixpkgs, flake-utils }:
    flake-utils.lib.eachDefaultSystem (system:
      let pkgs = nixpkgs.legacyPackages.${system};
      in {
        packages.default = pkgs.python3Packages.buildPythonPackage {
          pname = "x";
          version = "1";
          buildInputs = [ pkgs.zlib ];
        };
        devShells.default = self.devShells.${system}.full;
        devShells.full = pkgs.mkShell { packages = [ pkgs.uv pkgs.openssl ]; };
      });
}
