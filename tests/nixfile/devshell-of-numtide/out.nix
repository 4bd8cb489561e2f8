{
  outputs = { self, nixpkgs, devshell, flake-utils }:
    flake-utils.lib.eachDefaultSystem (system:
      let
        pkgs = import nixpkgs { inherit system; overlays = [ devshell.overlays.default ]; };
      in {
        devShells.default = pkgs.devshell.mkShell {
          commands = [ { package = pkgs.tokei; } ];
          packages = [ pkgs.uv pkgs.openssl ];
        };
      });
}
