{ mkShell, stdenv, zlib, openssl, xz }:

mkShell { buildInputs = [ zlib openssl stdenv.cc.cc.lib xz ]; }
