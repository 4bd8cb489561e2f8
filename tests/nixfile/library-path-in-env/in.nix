{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = with pkgs; [ uv ];
  env = {
    UV_PYTHON = "3.12";
    LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath (with pkgs; [
      zlib
    ]);
  };
}
