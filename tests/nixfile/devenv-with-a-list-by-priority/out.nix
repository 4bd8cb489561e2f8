{ pkgs, lib, ... }:
{
  packages = lib.mkBefore [ pkgs.git pkgs.openssl ];
  enterShell = "hello";
}
