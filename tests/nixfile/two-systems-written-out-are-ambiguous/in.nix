{
  outputs = { nixpkgs, ... }: let pkgs = import nixpkgs { }; in {
    devShells.x86_64-linux.default = pkgs.mkShell { packages = [ ]; };
    devShells.aarch64-linux.default = pkgs.mkShell { packages = [ ]; };
  };
}
