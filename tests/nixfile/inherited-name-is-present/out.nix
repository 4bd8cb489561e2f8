{ pkgs ? import <nixpkgs> { } }:
let
  inherit (pkgs) openssl;
in
pkgs.mkShell {
  buildInputs = [ openssl (pkgs.libx11 or pkgs.xorg.libX11) ];
}
