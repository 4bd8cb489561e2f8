{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell ({
  packages = [ pkgs.uv ];
} // pkgs.lib.optionalAttrs pkgs.stdenv.isLinux {
  packages = [ pkgs.uv pkgs.patchelf ];
})
