{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./.venv";
  packages = with pkgs; [
    python3
    venvfixShellHook
  ];
  buildInputs = with pkgs; [
    zlib
    stdenv.cc.cc.lib
    libGL
  ];
  postShellHook = ''
    echo ready
  '';
}
