{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenv.mkDerivation {
  name = "env";
  shellHook = "";
  src = null;
  buildInputs = [ pkgs.openssl ];
}
