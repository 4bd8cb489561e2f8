{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 ];
  shellHook = ''
    if [ -d /work ]; then
      source .venv/bin/activate
    fi
    if [ -d node_modules ]; then
      python -m venv .venv
      source .venv/bin/activate
    fi
  '';
}
