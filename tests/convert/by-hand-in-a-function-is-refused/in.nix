{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  shellHook = ''
    enter() {
      python3 -m venv .venv
      source .venv/bin/activate
    }
    enter
  '';
}
