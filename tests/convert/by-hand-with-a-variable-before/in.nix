{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  shellHook = ''
    export PIP_EXTRA_INDEX_URL=https://pypi.example.org/simple
    [ -d .venv ] || python -m venv .venv
    source .venv/bin/activate
    pip install -r requirements.txt
  '';
}
