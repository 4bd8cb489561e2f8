{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ pkgs.uv pkgs.openssl ];
  shellHook = ''
    export DYLD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath [ pkgs.zlib ]}
    export LIBCLANG_PATH=${pkgs.lib.makeLibraryPath [ pkgs.libclang ]}
  '';
}
