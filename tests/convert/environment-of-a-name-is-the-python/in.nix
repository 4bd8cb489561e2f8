{ pkgs ? import <nixpkgs> { } }:
let
  env = pkgs.python3.withPackages (ps: [ ps.packaging ]);
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ env pkgs.python3Packages.venvShellHook ];
}
