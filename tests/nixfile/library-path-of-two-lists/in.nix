{ pkgs ? import <nixpkgs> { } }:
let
  runtime = with pkgs; [
    zlib
  ];
  extra = import ./extra.nix pkgs;
in
pkgs.mkShell {
  packages = [ pkgs.uv ] ++ runtime;
  shellHook = ''
    LD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath (extra ++ runtime)}
  '';
}
