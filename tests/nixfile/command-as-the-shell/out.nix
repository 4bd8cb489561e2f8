with import <nixpkgs> { };

runCommand "dummy" {
  buildInputs = [ python3 zlib openssl ];
} ""
