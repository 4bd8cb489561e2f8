{ pkgs ? import <nixpkgs> { overlays = [ (import ./venvfix/nix/overlay.nix) ]; } }:

pkgs.mkVenvShell {
  python = pkgs.python312;
  buildInputs = [ pkgs.zlib ];
  libraries = with pkgs; [
    file
    libGL
    xz
  ];
}
