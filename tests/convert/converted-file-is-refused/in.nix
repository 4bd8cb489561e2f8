{ pkgs ? import <nixpkgs> { } }:
pkgs.mkVenvShell {
  python = pkgs.python312;
}
