{ mkDerivation, base }:
mkDerivation {
  buildInputs = [ base ];
}
