{
  outputs = { self, nixpkgs }:
    let
      system = "x86_64-linux";
      pkgs = nixpkgs.legacyPackages.${system};
      shells = {
        default = pkgs.mkShellNoCC { packages = [ pkgs.uv ]; };
        docs = pkgs.mkShellNoCC { packages = [ pkgs.mdbook ]; };
      };
    in
    { devShells.${system} = shells; };
}
