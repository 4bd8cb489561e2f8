{ config, pkgs, lib, ... }:

{
  environment.systemPackages = with pkgs; [ git python3 ];
  programs.nix-ld.libraries = [ pkgs.zlib ];
}
