{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell (pkgs.lib.optionalAttrs pkgs.stdenv.isLinux {
  packages = [ pkgs.patchelf ];
} // {
  packages = [ pkgs.uv ];
})
