{
  outputs = { nixpkgs, ... }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      shellWith = { packages }: pkgs.mkShell { inherit packages; };
    in
    { devShells.x86_64-linux.default = shellWith { packages = [ pkgs.uv pkgs.openssl ]; }; };
}
