{ pkgs ? import <nixpkgs> { } }:
let
  venvfix = pkgs.venvfix;
in
pkgs.mkShell {
  packages = [ pkgs.python3 venvfix ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''
    export PIP_EXTRA_INDEX_URL=https://pypi.example.org/simple
    eval "$(venvfix hook bash)"
    venvfix-enter
  '';
}
