{ pkgs ? import <nixpkgs> { } }:

if pkgs.lib.inNixShell then
  pkgs.mkShell { packages = [ pkgs.uv pkgs.openssl ]; }
else
  pkgs.python3Packages.buildPythonApplication { pname = "x"; version = "1"; src = ./.; }
