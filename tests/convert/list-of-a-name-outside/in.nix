{ pkgs ? import <nixpkgs> { } }:
let
  tools = with pkgs; [
    python3
    python3Packages.venvShellHook
  ];
in
pkgs.mkShell { venvDir = ".venv"; packages = tools; }
