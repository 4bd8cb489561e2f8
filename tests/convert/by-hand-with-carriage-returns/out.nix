{ pkgs ? import <nixpkgs> { } }:
let
  venvfix = pkgs.venvfix;
in
pkgs.mkShell {
  packages = [ pkgs.python3 venvfix ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''
    eval "$(venvfix hook bash)"
    venvfix-enter
  '';
}
