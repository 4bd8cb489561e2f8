{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  # venvfix: libraries
  packages = pkgs.lib.optional true pkgs.git ++ [
    pkgs.git
  ];
}
