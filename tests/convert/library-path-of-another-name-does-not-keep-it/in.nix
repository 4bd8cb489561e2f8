{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  venvDir = ".venv";
  LD_LIBRARY_PATH = "${pkgs.lib.makeLibraryPath [ pkgs.zlib ]}:$LD_LIBRARY_PATH";
  postShellHook = ''
    echo "$LD_LIBRARY_PATHS $NIX_LD_LIBRARY_PATH"
  '';
}
