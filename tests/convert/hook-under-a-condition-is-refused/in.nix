{ pkgs ? import <nixpkgs> { }, venv ? true }:
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3 ] ++ pkgs.lib.optional venv pkgs.python3Packages.venvShellHook;
}
