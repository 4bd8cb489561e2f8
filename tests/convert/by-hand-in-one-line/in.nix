{ pkgs ? import <nixpkgs> { } }:
with pkgs; mkShell { buildInputs = [ python3 ]; shellHook = "test -d .venv || python -m venv .venv; source .venv/bin/activate"; }
