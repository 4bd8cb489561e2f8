{ pkgs ? import <nixpkgs> { } }:
let
  fhs = pkgs.buildFHSEnv { name = "conda"; targetPkgs = pkgs: [ pkgs.zlib ]; };
in
pkgs.mkShell {
  packages = [ fhs pkgs.git pkgs.openssl ];
  shellHook = "exec zsh";
}
