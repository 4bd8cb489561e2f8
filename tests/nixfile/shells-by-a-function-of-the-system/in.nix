{
  outputs = { self, nixpkgs }: {
    devShells = let
      shellsFor = system: let
        pkgs = import nixpkgs { inherit system; };
      in {
        default = pkgs.mkShell {
          packages = with pkgs; [ uv ];
        };
      };
    in {
      "x86_64-linux" = shellsFor "x86_64-linux";
      "aarch64-linux" = shellsFor "aarch64-linux";
    };
  };
}
