{
  outputs = { self, nixpkgs }: {
    overlays.default = final: prev: {
      toolShell = final.mkShell { packages = with final; [ uv openssl ]; };
    };
  };
}
