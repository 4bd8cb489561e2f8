{
  outputs = { self, nixpkgs, ... }@inputs:
    let pkgs = nixpkgs.legacyPackages.x86_64-linux;
    in {
      devShells.x86_64-linux.default = with inputs; pkgs.mkShell {
        packages = [ self.packages.x86_64-linux.default ];
      };
    };
}
