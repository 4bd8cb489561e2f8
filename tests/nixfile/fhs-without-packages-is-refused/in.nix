{ pkgs ? import <nixpkgs> { } }:

(pkgs.buildFHSEnv { name = "fhs"; runScript = "bash"; }).env
