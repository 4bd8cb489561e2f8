{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  shellHook = ''
    python3 -m venv .venv
    python3 -m venv .other
    source .venv/bin/activate
  '';
}
