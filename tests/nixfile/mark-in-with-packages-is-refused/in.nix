{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ (pkgs.python3.withPackages (pkgs: with pkgs; [ # venvfix: libraries
    pip ])) ];
}
