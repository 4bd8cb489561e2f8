{
  outputs = { self, nixpkgs, poetry2nix }: {
    devShell = builtins.mapAttrs (system: p2n: (p2n.mkPoetryEnv { projectDir = ./.; }).env) poetry2nix.legacyPackages;
  };
}
