{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  shellHook = ''
    python3 -m venv .venv
    patchelf --set-interpreter x .venv/bin/ruff
    source .venv/bin/activate
  '';
}
