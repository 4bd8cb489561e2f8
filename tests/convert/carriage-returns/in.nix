{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postVenvCreation = ''
    unset SOURCE_DATE_EPOCH
    echo made
  '';
}
