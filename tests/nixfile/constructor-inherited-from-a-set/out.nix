{
  outputs = { self, nixpkgs }:
    let
      inherit (nixpkgs.legacyPackages.x86_64-linux) mkShell zlib;
    in
    {
      devShells.x86_64-linux.default = mkShell {
        packages = [ zlib nixpkgs.legacyPackages.x86_64-linux.openssl ];
      };
    };
}
