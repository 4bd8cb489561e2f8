{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./.venv";
  buildInputs = [ pkgs.python3 venvfixShellHook ];
  postShellHook = ''
  '' + pkgs.lib.optionalString pkgs.stdenv.isLinux ''
    unset SOURCE_DATE_EPOCH
  '';
}
