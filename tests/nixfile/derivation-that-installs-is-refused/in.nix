with import <nixpkgs> { };

stdenv.mkDerivation {
  name = "x";
  dontUnpack = true;
  buildInputs = [ python3 ];
  installPhase = "mkdir $out";
}
