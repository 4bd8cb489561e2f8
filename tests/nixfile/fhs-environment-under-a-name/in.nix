{ pkgs ? import <nixpkgs> { } }:

let
  fhs = pkgs.buildFHSEnv {
    name = "fhs";
    targetPkgs = _: [ pkgs.zlib ];
  };
in
fhs.env
