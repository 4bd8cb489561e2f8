{ pkgs ? import <nixpkgs> { } }:

let
  fhs = pkgs.buildFHSEnv {
    name = "fhs";
    targetPkgs = _: [ pkgs.zlib pkgs.openssl ];
  };
in
fhs.env
