{ mkShell
, openssl
, zlib
, ...
}:

mkShell { buildInputs = [ zlib ]; }
