{ pkgs ? import <nixpkgs> { } }:
let
  venvfix = pkgs.venvfix;
in
pkgs.mkShell {
  packages = with pkgs; [ python3 git venvfix ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''
    eval "$(venvfix hook bash)"
    venvfix-enter
  '';
}
