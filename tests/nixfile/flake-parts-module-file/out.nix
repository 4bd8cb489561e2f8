{ inputs, ... }:
{
  perSystem = { pkgs, system, ... }: {
    devShells.default = pkgs.mkShell {
      packages = with pkgs; [
        uv
        openssl
      ];
    };
  };
}
