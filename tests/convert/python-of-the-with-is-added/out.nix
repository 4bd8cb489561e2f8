{ pkgs, ... }:

let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  buildInputs = with pkgs.python3Packages; [
    python
    venvfixShellHook
    pip
  ];
  venvDir = "./.venv";
}
