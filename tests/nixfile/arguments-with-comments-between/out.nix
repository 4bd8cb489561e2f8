{ stdenv
, lib
, mkShell
  # qt deps
, libGL
, zlib
# x11 deps
, libxcb
, openssl
}:
mkShell rec {
  buildInputs = [
    zlib
  ];
  postShellHook =
    let
      libs = [
        stdenv.cc.cc
        libGL
        openssl
      ];
    in
    ''
      export LD_LIBRARY_PATH="/run/opengl-driver/lib:${lib.makeLibraryPath libs}"
    '';
}
