{ pkgs ? import <nixpkgs> { } }:

with pkgs; mkShell {
  buildInputs = with python3.pkgs; [
    pip
    pkgs.openssl
  ];
}
