{ pkgs ? import <nixpkgs> { } }:

let
  libs = [ ];
in
pkgs.mkShell {
  buildInputs = libs;
  shellHook = "export LD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath libs}";
}
