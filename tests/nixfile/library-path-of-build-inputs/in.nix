with import <nixpkgs> { };

mkShell rec {
  LD_LIBRARY_PATH = lib.makeLibraryPath buildInputs;
  buildInputs = [
    zlib
  ];
  nativeBuildInputs = [ python3 ];
}
