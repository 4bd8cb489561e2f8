{ pkgs ? import <nixpkgs> { } }:
let venvfix-shell = 1; venvfixshell = 2; in
(x: pkgs.mkShell {
  venvDir = ".venv";
  packages = [ pkgs.python3Packages.venvShellHook ];
}) 1
