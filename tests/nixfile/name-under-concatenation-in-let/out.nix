with import <nixpkgs> { };
let
  extra = [ git ];
  inputs = extra ++ [ zlib openssl ];
in
mkShell { buildInputs = inputs; }
