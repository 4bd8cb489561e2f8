with import <nixpkgs> { };
let
  extra = [ git ];
  inputs = extra ++ [ zlib ];
in
mkShell { buildInputs = inputs; }
