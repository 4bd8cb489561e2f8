{
  outputs = { nixpkgs, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {
    packages.x86_64-linux.default = pkgs.stdenv.mkDerivation {
      name = "a";
      buildInputs = [ pkgs.zlib ];
    };
  };
}
