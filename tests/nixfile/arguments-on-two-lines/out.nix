{ mkShell, python3,
  zlib, libGL, openssl }:

mkShell { buildInputs = [ python3 zlib openssl ]; }
