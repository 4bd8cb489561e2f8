{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  # venvfix: libraries
  buildInputs = import ./libs.nix;
  packages = [ ];
}
