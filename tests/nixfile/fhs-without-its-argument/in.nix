{ pkgs ? import <nixpkgs> { } }:

(pkgs.buildFHSUserEnvBubblewrap {
  name = "pip";
  targetPkgs = _: [
    pkgs.zlib
  ];
}).env
