with import <nixpkgs> { };

mkShell rec {
  NIX_LD_LIBRARY_PATH = lib.makeLibraryPath [
    stdenv.cc.cc
    zlib
    openssl
  ];
  LD_LIBRARY_PATH = NIX_LD_LIBRARY_PATH;
  buildInputs = [ python3 ];
}
