{
  outputs = { nixpkgs, ... }:
    let
      forAll = nixpkgs.lib.genAttrs [ "x86_64-linux" ];
    in
    {
      devShells = forAll (system: {
        default = nixpkgs.legacyPackages.${system}.mkShell {
          packages = with nixpkgs.legacyPackages.${system}; [ git ];
        };
        lint = nixpkgs.legacyPackages.${system}.mkShell { };
      });
    };
}
