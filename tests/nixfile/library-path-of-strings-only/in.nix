{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ "/run/opengl-driver" ];
  packages = with pkgs; [ python3 ];
}
