{
  mkShell,
  python3, # the newest
  openssl
}:

mkShell { buildInputs = [ python3 openssl ]; }
