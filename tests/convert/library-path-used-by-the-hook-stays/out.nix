{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  packages = [ pkgs.python3 venvfixShellHook ];
  venvDir = ".venv";
  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.zlib ];
  postShellHook = ''
    ldconfig -n "$LD_LIBRARY_PATH"
  '';
}
