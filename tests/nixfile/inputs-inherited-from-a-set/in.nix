{ pkgs ? import <nixpkgs> { } }:
let
  common = {
    buildInputs = with pkgs; [ zlib ];
  };
in
pkgs.mkShell {
  inherit (common) buildInputs;
}
