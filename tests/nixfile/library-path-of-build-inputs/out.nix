with import <nixpkgs> { };

mkShell rec {
  LD_LIBRARY_PATH = lib.makeLibraryPath buildInputs;
  buildInputs = [
    zlib
    openssl
  ];
  nativeBuildInputs = [ python3 ];
}
