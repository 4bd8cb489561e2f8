{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  buildInputs = (with pkgs.python3Packages; [ pip ]) ++ (with pkgs; [ git openssl ]);
}
