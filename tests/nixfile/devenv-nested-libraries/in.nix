{ pkgs, ... }:
{
  packages = with pkgs; [ git ] ++ [ hello ];
  languages = {
    python = {
      enable = true;
      libraries = with pkgs; [
        zlib
      ];
    };
  };
}
