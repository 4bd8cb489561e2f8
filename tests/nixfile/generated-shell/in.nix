{ pkgs ? import <nixpkgs> { } }:

let
  venvfix = pkgs.venvfix or (pkgs.runCommand "venvfix" { } ''mkdir -p $out/bin'');
in
pkgs.mkShell {
  packages = [
    pkgs.python3
    venvfix
  ];

  # venvfix: libraries
  # `venvfix add-lib NAME` adds to this list.
  buildInputs = with pkgs; [
    stdenv.cc.cc.lib
    openssl
    zlib
    libxml2
  ];
  VENVFIX_PROJECT = toString ./.;
}
