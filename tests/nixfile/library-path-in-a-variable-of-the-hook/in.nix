{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ pkgs.uv ];
  LIBRARIES = pkgs.lib.makeLibraryPath [ pkgs.zlib ];
  shellHook = ''
    export LD_LIBRARY_PATH="$LIBRARIES:''${LD_LIBRARY_PATH:-}"
  '';
}
