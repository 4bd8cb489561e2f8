{ pkgs ? import <nixpkgs> { } }:
let
  base = pkgs.appimageTools.defaultFhsEnvArgs;
in
(pkgs.buildFHSEnv (base // {
  name = "fhs";
  targetPkgs = pkgs: (base.targetPkgs pkgs) ++ (with pkgs; [
    ncurses
    openssl
  ]);
})).env
