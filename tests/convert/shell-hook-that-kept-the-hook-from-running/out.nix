{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./.venv";
  buildInputs = [ pkgs.python3 venvfixShellHook ];
  shellHook = "echo welcome";
}
