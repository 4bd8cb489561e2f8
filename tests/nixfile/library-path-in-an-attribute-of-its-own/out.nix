{ pkgs ? import <nixpkgs> { } }:
let
  shell = pkgs.mkShell {
    packages = [ pkgs.uv ];
    libPath = pkgs.lib.makeLibraryPath [ pkgs.zlib pkgs.openssl ];
    xlibPath = with pkgs.xorg; pkgs.lib.makeLibraryPath [ libX11 ];
    shellHook = ''
      export LD_LIBRARY_PATH=${shell.libPath}:$LD_LIBRARY_PATH
    '';
  };
in
shell
