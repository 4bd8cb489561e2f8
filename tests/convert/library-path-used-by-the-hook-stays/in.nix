{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  venvDir = ".venv";
  LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.zlib ];
  postShellHook = ''
    ldconfig -n "$LD_LIBRARY_PATH"
  '';
}
