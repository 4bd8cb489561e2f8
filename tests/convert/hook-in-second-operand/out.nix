{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = with pkgs; [
    python312
    librsvg # for previews
    stdenv.cc.cc.lib
    zlib
  ] ++ (with pkgs.python312Packages; [
    pip
    venvfixShellHook
  ]);
}
