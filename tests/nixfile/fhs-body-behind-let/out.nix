{ pkgs ? import <nixpkgs> { } }:

(pkgs.buildFHSUserEnv {
  name = "pip";
  targetPkgs = p: with p; let python = python312; in [ python zlib openssl ] ++ extra;
  multiPkgs = p: [ p.zlib ];
}).env
