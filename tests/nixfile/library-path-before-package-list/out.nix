{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.zlib pkgs.openssl ];
  packages = with pkgs; [ uv ];
}
