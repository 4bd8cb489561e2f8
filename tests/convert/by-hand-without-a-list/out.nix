{ pkgs ? import <nixpkgs> { }, tools }:
let
  venvfix = pkgs.venvfix;
in
pkgs.mkShell {
  packages = tools pkgs;
  nativeBuildInputs = [ venvfix ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''
    eval "$(venvfix hook bash)"
    venvfix-enter
  '';
}
