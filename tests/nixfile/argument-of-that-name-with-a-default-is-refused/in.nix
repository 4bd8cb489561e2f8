{ mkShell, zlib, openssl ? null }:

mkShell { buildInputs = [ zlib ]; }
