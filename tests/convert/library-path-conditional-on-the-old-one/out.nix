{ pkgs ? import <nixpkgs> { } }:
let
  libs = with pkgs; [ stdenv.cc.cc.lib libz ];

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./.venv";
  packages = [ pkgs.python3 venvfixShellHook pkgs.stdenv.cc.cc.lib pkgs.libz ];
  shellHook = ''
    runHook venvShellHook
  '';
}
