{ pkgs ? import <nixpkgs> { } }:

pkgs.mkVenvShell {
  packages = [ pkgs.file ];
}
