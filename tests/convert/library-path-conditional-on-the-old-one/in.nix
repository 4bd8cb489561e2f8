{ pkgs ? import <nixpkgs> { } }:
let
  libs = with pkgs; [ stdenv.cc.cc.lib libz ];
in
pkgs.mkShell {
  venvDir = "./.venv";
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  shellHook = ''
    export LD_LIBRARY_PATH="${pkgs.lib.makeLibraryPath libs}''${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    runHook venvShellHook
  '';
}
