{ pkgs, lib, ... }:
let
  versions = with pkgs; [ python312 python313 ];
  mkPythonShell = python: pkgs.mkShell {
    buildInputs = with pkgs; [ zlib ];
    packages = [ python ];
  };
  merged = builtins.foldl' (all: python: all // { ${python.name} = mkPythonShell python; }) { } versions;
in
merged
