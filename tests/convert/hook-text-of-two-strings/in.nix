{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = "./.venv";
  buildInputs = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postShellHook = ''
    unset SOURCE_DATE_EPOCH
  '' + pkgs.lib.optionalString pkgs.stdenv.isLinux ''
    unset SOURCE_DATE_EPOCH
  '';
}
