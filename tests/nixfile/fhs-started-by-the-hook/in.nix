{ pkgs ? import <nixpkgs> { } }:
let
  fhs = pkgs.buildFHSEnv {
    name = "env";
    targetPkgs = pkgs: [ pkgs.zlib ];
  };
in
pkgs.mkShell {
  packages = [ pkgs.git ];
  shellHook = "exec ${fhs}/bin/env";
}
