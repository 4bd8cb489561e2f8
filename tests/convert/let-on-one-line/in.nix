let pkgs = import <nixpkgs> { }; in
pkgs.mkShell { venvDir = ".venv"; packages = [ pkgs.python3 pkgs.python3Packages.venvShellHook ]; postShellHook = "unset SOURCE_DATE_EPOCH"; }
