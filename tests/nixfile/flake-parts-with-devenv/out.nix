{
  outputs = inputs@{ flake-parts, ... }:
    flake-parts.lib.mkFlake { inherit inputs; } {
      imports = [ inputs.devenv.flakeModule ];
      systems = [ "x86_64-linux" ];
      perSystem = { config, pkgs, ... }: {
        devenv.shells.default = {
          languages.python.enable = true;
          packages = [ pkgs.git pkgs.openssl ];
        };
      };
    };
}
