{
  outputs = inputs: {
    devShells.x86_64-linux.default = inputs.nixpkgs.legacyPackages.x86_64-linux.mkShell {
      packages = [ inputs.nixpkgs.legacyPackages.x86_64-linux.uv ];
    };
  };
}
