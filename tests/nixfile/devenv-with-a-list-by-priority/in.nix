{ pkgs, lib, ... }:
{
  packages = lib.mkBefore [ pkgs.git ];
  enterShell = "hello";
}
