with import <nixpkgs> { };

runCommand "tests" {
  buildInputs = [ python3 zlib ];
} ''
  pytest
''
