{ pkgs ? import <nixpkgs> { } }:
let
  s = pkgs.mkShell {
    packages = [ pkgs.python3 venvfixShellHook ];
    venvDir = ".venv";
    env.LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.zlib ];
  };

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
s // { y = s.env.LD_LIBRARY_PATH; }
