{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  NIX_LD_LIBRARY_PATH = with pkgs; lib.makeLibraryPath [ stdenv.cc.cc zlib ];
  NIX_LD = builtins.readFile "${pkgs.stdenv.cc}/nix-support/dynamic-linker";
  packages = [ pkgs.micromamba ];
}
