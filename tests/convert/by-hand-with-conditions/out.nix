{ pkgs ? import <nixpkgs> { } }:
let
  python = pkgs.python312;

  venvfix = pkgs.venvfix;
in
pkgs.mkShell {
  buildInputs = [ python pkgs.postgresql venvfix ];
  VENVFIX_PROJECT = toString ./.;
  VENVFIX_VENV_DIR = "venv";
  shellHook = ''
    export PGHOST=$PWD/db

    eval "$(venvfix hook bash)"
    venvfix-enter
    export DJANGO_SETTINGS_MODULE=shop.settings
  '';
}
