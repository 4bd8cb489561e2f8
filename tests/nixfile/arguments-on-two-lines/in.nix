{ mkShell, python3,
  zlib, libGL }:

mkShell { buildInputs = [ python3 zlib ]; }
