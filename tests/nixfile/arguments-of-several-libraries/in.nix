{ mkShell, stdenv, zlib }:

mkShell { buildInputs = [ zlib ]; }
