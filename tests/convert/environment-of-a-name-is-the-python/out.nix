{ pkgs ? import <nixpkgs> { } }:
let
  env = pkgs.python3.withPackages (ps: [ ps.packaging ]);

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ env venvfixShellHook ];
}
