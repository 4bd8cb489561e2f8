{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3 venvfixShellHook ];
  postVenvCreation = ''
    echo made
  '';
}
