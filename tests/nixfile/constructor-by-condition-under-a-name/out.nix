{ pkgs ? import <nixpkgs> { } }:
let
  makeShell = if pkgs.stdenv.isDarwin then pkgs.mkShellNoCC else pkgs.mkShell;
in
makeShell {
  buildInputs = [ pkgs.uv pkgs.openssl ] ++ pkgs.lib.optionals pkgs.stdenv.isDarwin [ pkgs.libiconv ];
}
