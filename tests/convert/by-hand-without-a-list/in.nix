{ pkgs ? import <nixpkgs> { }, tools }:
pkgs.mkShell {
  packages = tools pkgs;
  shellHook = ''
    virtualenv .venv && . .venv/bin/activate
  '';
}
