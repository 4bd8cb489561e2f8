{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./.venv";
  packages = with pkgs; [ python3 venvfixShellHook ];
  LD_LIBRARY_PATH = "/usr/lib/wsl/lib:${pkgs.zlib}/lib";
  postShellHook = ''
    export LD_LIBRARY_PATH=$NIX_LD_LIBRARY_PATH
  '';
}
