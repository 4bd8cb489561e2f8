{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = "./.venv";
  packages = with pkgs; [ python3 python3Packages.venvShellHook ];
  LD_LIBRARY_PATH = "${pkgs.stdenv.cc.cc.lib}/lib:${pkgs.glib.out}/lib/:/run/opengl-driver/lib";
}
