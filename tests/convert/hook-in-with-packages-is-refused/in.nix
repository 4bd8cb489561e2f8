{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = ".venv";
  packages = [ (pkgs.python3.withPackages (ps: with ps; [ venvShellHook pytest ])) ];
  shellHook = "venvShellHook";
}
