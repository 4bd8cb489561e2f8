{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = "./.venv";
  packages = with pkgs; [ python3 python3Packages.venvShellHook ];
  LD_LIBRARY_PATH = "/usr/lib/wsl/lib:${pkgs.zlib}/lib";
  postShellHook = ''
    export LD_LIBRARY_PATH=$NIX_LD_LIBRARY_PATH
  '';
}
