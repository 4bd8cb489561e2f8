{ pkgs ? import <nixpkgs> { } }:
let
  s = pkgs.mkShell {
    packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
    venvDir = ".venv";
    env.LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.zlib ];
  };
in
s // { y = s.env.LD_LIBRARY_PATH; }
