{
  outputs = inputs@{ flake-parts, ... }: flake-parts.lib.mkFlake { inherit inputs; } {
    systems = [ "x86_64-linux" ];
    perSystem = { pkgs, ... }: {
      devShells.default = pkgs.mkShell { nativeBuildInputs = [ pkgs.git ]; };
    };
  };
}
