{ pkgs ? import <nixpkgs> { } }:
let
  pixi = pkgs.buildFHSEnv { name = "pixi"; runScript = "pixi"; targetPkgs = _: [ pkgs.pixi ]; };
in
pkgs.mkShell {
  packages = with pkgs; [ pixi uv python3 openssl ];
}
