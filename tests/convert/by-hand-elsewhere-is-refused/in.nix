{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  shellHook = ''
    D=$(mktemp -d)
    python3 -m venv "$D"
    source "$D/bin/activate"
  '';
}
