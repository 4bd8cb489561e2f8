{ pkgs ? import <nixpkgs> { } }:
with pkgs; let
  venvfix = pkgs.venvfix;
in
mkShell { buildInputs = [ python3 venvfix ]; VENVFIX_PROJECT = toString ./.; shellHook = "eval \"$(venvfix hook bash)\"; venvfix-enter"; }
