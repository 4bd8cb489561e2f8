{ pkgs ? import <nixpkgs> { } }:
let
  libs = [ pkgs.openssl ];
in
pkgs.mkShell {
  packages = [ pkgs.uv ];
  shellHook = ''
    export LD_LIBRARY_PATH="${pkgs.lib.makeLibraryPath libs}:$LD_LIBRARY_PATH"
  '';
}
