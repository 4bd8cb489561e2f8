{ pkgs ? import <nixpkgs> { } }:

with pkgs; mkShell {
  buildInputs = [ zlib
                  git
                  openssl
                  libffi ];
}
