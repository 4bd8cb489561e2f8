let
  pkgs = import <nixpkgs> { };
in
pkgs.mkShell {
  venvDir = ".venv";
  buildInputs = [ pkgs.git pkgs.python312Packages.venvShellHook ];
}
