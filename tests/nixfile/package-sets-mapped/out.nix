{
  outputs = { self, nixpkgs }: {
    devShells = builtins.mapAttrs (system: pkgs: {
      default = pkgs.mkShell { packages = [ pkgs.uv pkgs.openssl ]; };
    }) nixpkgs.legacyPackages;
  };
}
