{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = with pkgs; [ python3 git ];
  shellHook = ''
    ${pkgs.python311}/bin/python -m venv .venv
    source .venv/bin/activate
  '';
}
