{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  packages = [ pkgs.python3 venvfixShellHook pkgs.zlib ];
  venvDir = ".venv";
  postShellHook = ''
    echo "$LD_LIBRARY_PATHS $NIX_LD_LIBRARY_PATH"
  '';
}
