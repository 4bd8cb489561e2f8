{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ pkgs.uv ];
  env = {
    LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.zlib ];
  } // pkgs.lib.optionalAttrs pkgs.stdenv.isLinux {
    UV_PYTHON = "3.12";
  };
}
