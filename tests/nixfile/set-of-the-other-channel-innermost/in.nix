{
  outputs = { self, nixpkgs, nixpkgs-unstable }:
    let
      system = "x86_64-linux";
      pkgs = nixpkgs.legacyPackages.${system};
      unstable = import nixpkgs-unstable { inherit system; };
    in
    {
      devShells.${system}.default = pkgs.mkShell {
        packages = with unstable; [ uv ruff ];
      };
    };
}
