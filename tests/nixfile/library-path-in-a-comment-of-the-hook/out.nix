{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ pkgs.uv pkgs.openssl ];
  shellHook = ''
    # export LD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath [ pkgs.zlib ]}
    echo "LD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath [ pkgs.xz ]}"
  '';
}
