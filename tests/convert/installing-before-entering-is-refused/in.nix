{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  shellHook = ''
    pip install --user pipx
    python3 -m venv .venv
    source .venv/bin/activate
  '';
}
