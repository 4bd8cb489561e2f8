{
  mkShell,
  python3,
  openssl
}:

mkShell { buildInputs = [ python3 openssl ]; }
