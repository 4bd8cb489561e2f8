{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ # none yet
  ];
}
