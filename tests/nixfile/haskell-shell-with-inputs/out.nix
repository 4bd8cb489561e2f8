{ pkgs ? import <nixpkgs> { } }:

pkgs.haskellPackages.shellFor {
  packages = p: [ p.lens ];
  buildInputs = [ pkgs.cabal-install pkgs.openssl ];
}
