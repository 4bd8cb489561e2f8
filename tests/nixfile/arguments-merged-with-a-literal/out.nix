{ pkgs ? import <nixpkgs> { } }:

let base = { shellHook = ""; }; in pkgs.mkShell (base // { packages = [ pkgs.git pkgs.openssl ]; })
