{ pkgs ? import <nixpkgs> { } }:
let
  python = pkgs.python312;
in
pkgs.mkShell {
  buildInputs = [ python pkgs.postgresql ];
  shellHook = ''
    export PGHOST=$PWD/db

    # make it if it is not there
    if [ ! -d venv ]; then
      echo "making the environment"
      ${python.interpreter} -m venv venv
      venv/bin/pip install --upgrade pip
    fi
    . ./venv/bin/activate

    pip install -q -r requirements.txt -r dev.txt
    export DJANGO_SETTINGS_MODULE=shop.settings
  '';
}
