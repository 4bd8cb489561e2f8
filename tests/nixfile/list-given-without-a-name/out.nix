{ mkDevShell, pkgs }:

mkDevShell "python-shell"
  [
    pkgs.python3
    pkgs.poetry
    pkgs.openssl
  ]
  ''
    python --version
  ''
