{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postShellHook = ''
    unset SOURCE_DATE_EPOCH
    pip install -r requirements.txt
    pip install -e .\[test]
    pre-commit install
  '';
}
