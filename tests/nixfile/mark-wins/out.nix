{ pkgs ? import <nixpkgs> { } }:

let
  # venvfix: libraries
  libs = with pkgs; [
    zlib
    openssl
  ];
in
pkgs.mkShell {
  packages = [ pkgs.git ];
  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath libs;
}
