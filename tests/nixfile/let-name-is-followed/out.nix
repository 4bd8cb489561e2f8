{ pkgs ? import <nixpkgs> { } }:

let
  libs = [ pkgs.openssl ];
in
pkgs.mkShell {
  buildInputs = libs;
  shellHook = "export LD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath libs}";
}
