{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postShellHook = ''
    export SOURCE_DATE_EPOCH=1700000000
  '';
}
