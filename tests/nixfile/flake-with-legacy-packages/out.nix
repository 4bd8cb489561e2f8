{
  outputs = { nixpkgs, ... }:
    let
      forAll = nixpkgs.lib.genAttrs [ "x86_64-linux" ];
    in
    {
      devShells = forAll (system: {
        default = nixpkgs.legacyPackages.${system}.mkShell {
          packages = with nixpkgs.legacyPackages.${system}; [ git openssl (nixpkgs.legacyPackages.${system}.libx11 or nixpkgs.legacyPackages.${system}.xorg.libX11) ];
        };
        lint = nixpkgs.legacyPackages.${system}.mkShell { };
      });
    };
}
