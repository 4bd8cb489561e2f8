{ pkgs ? import <nixpkgs> { } }:
{
  one = pkgs.mkShell { packages = [ pkgs.python3Packages.venvShellHook ]; };
  two = pkgs.mkShell { packages = [ pkgs.python3Packages.venvShellHook ]; };
}
