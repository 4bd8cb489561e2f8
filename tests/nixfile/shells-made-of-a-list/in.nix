{
  outputs = { self, nixpkgs, flake-utils }:
    flake-utils.lib.eachDefaultSystem (system:
      let
        pkgs = nixpkgs.legacyPackages.${system};
        versions = [ "11" "12" ];
      in
      rec {
        devShells = builtins.listToAttrs (map (version: {
          name = "python3" + version;
          value = pkgs.mkShell { buildInputs = [ pkgs.uv ]; };
        }) versions) // { default = devShells.python312; };
      });
}
