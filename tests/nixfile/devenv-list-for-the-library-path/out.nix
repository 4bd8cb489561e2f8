{ pkgs, lib, ... }:
let
  runtimeLibs = with pkgs; [
    zlib
    openssl
  ];
in
{
  packages = [ pkgs.git ] ++ runtimeLibs;
  env.LD_LIBRARY_PATH = lib.makeLibraryPath runtimeLibs;
  languages.python.enable = true;
}
