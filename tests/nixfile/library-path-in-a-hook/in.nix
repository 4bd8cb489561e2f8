{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ pkgs.git ];
  shellHook = ''
    export LD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath[ pkgs.zlib ]}:$LD_LIBRARY_PATH ''${x}
  '';
}
