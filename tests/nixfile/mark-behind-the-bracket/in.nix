{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  buildInputs = [ pkgs.git ];
  packages = [ # venvfix: libraries
  ];
}
