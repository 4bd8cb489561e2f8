{ pkgs ? import <nixpkgs> { } }:
let
  venvfix = pkgs.venvfix;
in
pkgs.mkShell {
  buildInputs = [
    pkgs.python312
    pkgs.libsndfile
    venvfix
    pkgs.stdenv.cc.cc.lib
    pkgs.libsndfile.out
  ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''
    eval "$(venvfix hook bash)"
    venvfix-enter
    export QUIET=1
  '';
}
