{ pkgs ? import <nixpkgs> { } }:
let
  tools = with pkgs; [
    python3
    venvfixShellHook
  ];

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell { venvDir = ".venv"; packages = tools; }
