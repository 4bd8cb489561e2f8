{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  buildInputs = with pkgs; with xorg; [
    libX11
    pkgs.openssl
  ];
}
