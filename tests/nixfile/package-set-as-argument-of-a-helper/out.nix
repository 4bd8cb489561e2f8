{
  outputs = { self, nixpkgs }:
    let
      each = f: nixpkgs.lib.genAttrs [ "x86_64-linux" ] (system: f nixpkgs.legacyPackages.${system});
    in
    {
      devShells = each (p: {
        default = p.mkShell {
          packages = with p; [ uv openssl ];
        };
      });
    };
}
