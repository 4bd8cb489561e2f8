{ pkgs ? import <nixpkgs> { } }:

(pkgs.buildFHSEnv {
  name = "fhs";
  targetPkgs = p: with p; [ zlib openssl ];
}).env
