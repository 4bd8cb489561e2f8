{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = "./env";
  buildInputs = with pkgs; [ python312 python312Packages.venvShellHook nodejs ];
  postVenvCreation = ''
    unset SOURCE_DATE_EPOCH
    pip install -r requirements.txt
    pre-commit install
  '';
  postShellHook = ''
    unset SOURCE_DATE_EPOCH
    export FLASK_APP=shop.app

    # where the data lies
    export DATA=''${DATA:-$PWD/data}
  '';
}
