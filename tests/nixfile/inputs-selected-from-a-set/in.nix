{ pkgs ? import <nixpkgs> { } }:
let
  deps = {
    system = with pkgs; [ zlib ];
    python = with pkgs.python3Packages; [ pip ];
  };
in
pkgs.mkShell {
  buildInputs = deps.python ++ deps.system;
}
