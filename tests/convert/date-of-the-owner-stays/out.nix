{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3 venvfixShellHook ];
  postShellHook = ''
    export SOURCE_DATE_EPOCH=1700000000
  '';
}
