{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = "./.venv";
  buildInputs = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postVenvCreation = ''
    if [ -f requirements.txt ]; then
      echo installing
      pip install -r ${./requirements.txt}
    fi
    if [ -n "$CI" ]; then
      unset SOURCE_DATE_EPOCH
    fi
  '';
}
