with import <nixpkgs> { };
stdenv.mkDerivation {
  pname = "x";
  src = ./.;
  buildInputs = [ zlib ];
}
