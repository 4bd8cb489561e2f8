{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./env";
  buildInputs = with pkgs; [ python312 venvfixShellHook nodejs ];
  postVenvCreation = ''
    pre-commit install
  '';
  postShellHook = ''
    export FLASK_APP=shop.app

    # where the data lies
    export DATA=''${DATA:-$PWD/data}
  '';
}
