{ pkgs ? import <nixpkgs> { } }:

(pkgs.python3.withPackages (ps: [ ps.numpy ])).env.overrideAttrs (old: {
  buildInputs = old.buildInputs ++ [ pkgs.zlib ];
})
