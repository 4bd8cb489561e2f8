with import <nixpkgs> { };
mkShell rec {
  LD_LIBRARY_PATH = lib.makeLibraryPath buildInputs;
  packages = [ git ];
  buildInputs = [
    zlib
  ];
}
