{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./.venv";
  buildInputs = [ pkgs.python3 venvfixShellHook ];
  postVenvCreation = ''
    if [ -n "$CI" ]; then
      unset SOURCE_DATE_EPOCH
    fi
  '';
}
