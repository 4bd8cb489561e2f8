{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = "./.venv";
  packages = with pkgs; [
    python3
    python3Packages.venvShellHook
  ];
  buildInputs = with pkgs; [
    zlib
  ];
  postShellHook = ''
    export LD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath [
      pkgs.stdenv.cc.cc
      pkgs.libGL
      "/run/opengl-driver"
    ]}:$LD_LIBRARY_PATH
    echo ready
  '';
}
