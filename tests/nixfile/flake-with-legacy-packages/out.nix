{
  outputs = { nixpkgs, ... }:
    let
      forAll = nixpkgs.lib.genAttrs [ "x86_64-linux" ];
    in
    {
      devShells = forAll (system: {
        default = nixpkgs.legacyPackages.${system}.mkShell {
          packages = with nixpkgs.legacyPackages.${system}; [ git openssl (pkgs.libx11 or pkgs.xorg.libX11) ];
        };
        lint = nixpkgs.legacyPackages.${system}.mkShell { };
      });
    };
}
