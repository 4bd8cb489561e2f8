let pkgs = import <nixpkgs> { };
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell { venvDir = ".venv"; packages = [ pkgs.python3 venvfixShellHook ]; }
