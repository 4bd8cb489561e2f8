{ pkgs ? import <nixpkgs> { }, more }:
let
  path = [ pkgs.python3Packages.venvShellHook ];
in
pkgs.mkShell {
  venvDir = "./.venv";
  packages = path;
  postShellHook = "export LD_LIBRARY_PATH=${pkgs.zlib}/lib";
}
