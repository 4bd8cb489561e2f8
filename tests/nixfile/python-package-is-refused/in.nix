with import <nixpkgs> { };
python3Packages.buildPythonPackage {
  name = "x";
  buildInputs = [ zlib ];
}
