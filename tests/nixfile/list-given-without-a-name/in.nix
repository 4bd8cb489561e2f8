{ mkDevShell, pkgs }:

mkDevShell "python-shell"
  [
    pkgs.python3
    pkgs.poetry
  ]
  ''
    python --version
  ''
