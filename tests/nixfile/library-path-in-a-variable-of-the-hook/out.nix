{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ pkgs.uv ];
  LIBRARIES = pkgs.lib.makeLibraryPath [ pkgs.zlib pkgs.openssl ];
  shellHook = ''
    export LD_LIBRARY_PATH="$LIBRARIES:''${LD_LIBRARY_PATH:-}"
  '';
}
