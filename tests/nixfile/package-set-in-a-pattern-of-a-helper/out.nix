{
  outputs = { self, nixpkgs }:
    let
      forEach = f: nixpkgs.lib.genAttrs [ "x86_64-linux" ] (system: f { pkgs = import nixpkgs { inherit system; }; });
    in
    {
      devShells = forEach ({ pkgs }: {
        default = pkgs.mkShell {
          packages = [ pkgs.uv pkgs.openssl ];
        };
      });
    };
}
