{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  buildInputs = [ ]; # venvfix: libraries
  packages = [ ];
}
