{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell rec {
  venvDir = "./.venv";
  packages = with pkgs; [ python3 python3Packages.venvShellHook ];
  buildInputs = with pkgs; [ zlib libGL ];
  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath buildInputs;
}
