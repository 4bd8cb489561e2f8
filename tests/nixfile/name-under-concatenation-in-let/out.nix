with import <nixpkgs> { };
let
  extra = [ git openssl ];
  inputs = extra ++ [ zlib ];
in
mkShell { buildInputs = inputs; }
