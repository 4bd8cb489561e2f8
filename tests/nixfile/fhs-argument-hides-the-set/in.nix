{ pkgs ? import <nixpkgs> { } }:
let
  fhs = pkgs.buildFHSEnv {
    name = "pip";
    targetPkgs = pkgs: (with pkgs; [
      python3
    ]);
    runScript = "bash";
  };
in
pkgs.stdenv.mkDerivation {
  name = "shell";
  nativeBuildInputs = [ fhs ];
  shellHook = "exec pip";
}
