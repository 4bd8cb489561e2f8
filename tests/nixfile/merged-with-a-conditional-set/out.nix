{
  outputs = { self, nixpkgs }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
    in
    {
      devShells.x86_64-linux.default = pkgs.mkShell ({
        buildInputs = [ pkgs.uv pkgs.openssl ];
        RUST_LOG = "1";
      } // pkgs.lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
        nativeBuildInputs = [ pkgs.patchelf ];
      });
    };
}
