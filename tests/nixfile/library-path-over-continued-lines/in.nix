{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [ pkgs.uv ];
  shellHook = ''
    export LD_LIBRARY_PATH=/run/opengl-driver/lib:\
    ${pkgs.lib.makeLibraryPath [ pkgs.zlib ]}:\
    $LD_LIBRARY_PATH
  '';
}
