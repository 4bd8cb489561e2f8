{ pkgs ? import <nixpkgs> { } }:
let
  base = with pkgs; [ uv openssl ];
  packages = base;
in
(if pkgs.stdenv.isDarwin then pkgs.mkShellNoCC else pkgs.mkShell) { inherit packages; }
