{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  buildInputs = [ pkgs.python3 ];
  shellHook = ''
    unset SOURCE_DATE_EPOCH
    export LD_LIBRARY_PATH=${
      pkgs.lib.makeLibraryPath [
        pkgs.stdenv.cc.cc
      ]
    }:$LD_LIBRARY_PATH
    echo ''${LD_LIBRARY_PATH}
  '';
}
