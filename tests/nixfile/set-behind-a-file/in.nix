{ pkgs ? import ./nix { } }:

with pkgs;

mkShell {
  buildInputs = [ pkgs.uv ];
}
