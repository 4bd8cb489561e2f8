{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  # venvfix: libraries
  buildInputs = [ ];
  # venvfix: libraries
  packages = [ ];
}
