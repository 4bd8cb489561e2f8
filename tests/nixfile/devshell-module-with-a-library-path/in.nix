{
  outputs = inputs@{ flake-parts, ... }:
    flake-parts.lib.mkFlake { inherit inputs; } {
      systems = [ "x86_64-linux" ];
      perSystem = { pkgs, lib, ... }: {
        devshells.default = {
          packages = [ pkgs.uv ];
          env = [
            { name = "PGDATA"; value = "x"; }
            { name = "LD_LIBRARY_PATH"; value = lib.makeLibraryPath [ pkgs.zlib ]; }
          ];
        };
      };
    };
}
