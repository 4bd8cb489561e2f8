# venvfix for a package set: built from this checkout, or a program that is there already, for
# package sets without a Rust platform.
{
  pkgs ? import <nixpkgs> { },
  program ? null,
}:

if program == null then
  pkgs.callPackage ./package.nix { }
else
  pkgs.runCommand "venvfix" { program = toString program; } ''
    mkdir -p $out/bin
    ln -s "$program" $out/bin/venvfix
  ''
