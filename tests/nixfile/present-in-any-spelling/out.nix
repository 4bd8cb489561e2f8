{ pkgs ? import <nixpkgs> { } }:

let
  inherit (pkgs) libffi;
in
with pkgs; mkShell {
  nativeBuildInputs = [ curl ];
  buildInputs = [ pkgs.zlib git libffi (pkgs.libx11 or pkgs.xorg.libX11) xorg.libXext ] ++ (with pkgs.xorg; [ libXi ]);
}
