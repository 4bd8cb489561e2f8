let
  pkgs = import <nixpkgs> { };
  lib-path = pkgs.lib.makeLibraryPath [
    pkgs.stdenv.cc.cc
    pkgs.openssl
  ];
  shellHook = ''
    export LD_LIBRARY_PATH=$LD_LIBRARY_PATH":${lib-path}"
  '';
in
pkgs.mkShell {
  inherit shellHook;
  buildInputs = with pkgs; [ python3 ];
}
