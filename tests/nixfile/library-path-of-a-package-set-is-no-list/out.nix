{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ pkgs.uv pkgs.openssl ];
  env = { UV_PYTHON = "3.12"; } // pkgs.lib.optionalAttrs pkgs.stdenv.isLinux {
    LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath pkgs.pythonManylinuxPackages.manylinux1;
  };
}
