{ pkgs ? import <nixpkgs> { } }:
{
  shell = pkgs.mkShell ({
    venvDir = "./.venv";
    buildInputs = with pkgs.python3Packages; [ python pip venvShellHook ];
    postVenvCreation = ''
      unset SOURCE_DATE_EPOCH
      pip install -r requirements.txt
    '';
    postShellHook = ''
      unset SOURCE_DATE_EPOCH
      export FLASK_APP=run.py
    '';
  });
}
