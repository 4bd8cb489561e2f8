{ mkShell, zlib, openssl }:

mkShell { buildInputs = [ zlib ]; }
