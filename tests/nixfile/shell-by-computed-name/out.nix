{
  outputs = { self, nixpkgs }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      mkDevShell = py: pkgs.mkShell {
        buildInputs = with pkgs.${py}.pkgs; [
          python
          pkgs.ruff
          pkgs.openssl
        ];
      };
      all = pkgs.lib.genAttrs [ "python311" "python312" ] mkDevShell;
    in
    { devShells.x86_64-linux = all // { default = all.${"python312"}; }; };
}
