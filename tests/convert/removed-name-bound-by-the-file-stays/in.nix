{ pkgs ? import <nixpkgs> { } }:
let
  python39 = pkgs.python312;
  pythonPackages = python39.pkgs;
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ python39 pythonPackages.venvShellHook ];
}
