{
  outputs = { self, nixpkgs }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
    in
    {
      devShells.x86_64-linux = rec {
        infra = pkgs.mkShell { propagatedBuildInputs = [ pkgs.terraform pkgs.openssl ]; };
        default = infra;
      };
    };
}
