{ pkgs ? import <nixpkgs> { } }:
let
  venvfix = pkgs.venvfix;
in
pkgs.mkShell {
  packages = [ pkgs.python3 venvfix ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''
    eval "$(venvfix hook bash)"
    venvfix-enter
    export LD_LIBRARY_PATH=${pkgs.lib.makeLibraryPath [ pkgs.zlib ]}
    ldconfig -n ''${LD_LIBRARY_PATH%%:*}
  '';
}
