{ pkgs ? import <nixpkgs> { } }:
let
  common = {
    buildInputs = with pkgs; [ zlib openssl ];
  };
in
pkgs.mkShell {
  inherit (common) buildInputs;
}
