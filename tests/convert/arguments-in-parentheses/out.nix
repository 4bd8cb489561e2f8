{ pkgs ? import <nixpkgs> { } }:
{
  shell = let
    # In its place.
    venvfixShellHook = pkgs.venvfixShellHook;
  in
  pkgs.mkShell ({
    venvDir = "./.venv";
    buildInputs = with pkgs.python3Packages; [ python pip venvfixShellHook ];
    postShellHook = ''
      export FLASK_APP=run.py
    '';
  });
}
