{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  buildInputs = [ ];
  packages = [
    pkgs.git
    # venvfix: libraries
    pkgs.openssl
  ];
}
