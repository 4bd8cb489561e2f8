{ pkgs ? import <nixpkgs> { } }:

assert true; pkgs.mkShell { packages = let p = pkgs; in assert true; (with p; [ git openssl ]); }
