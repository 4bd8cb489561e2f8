{ mkShell, zlib }:

mkShell { buildInputs = [ zlib ]; }
