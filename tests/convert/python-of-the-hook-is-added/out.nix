let
  pkgs = import <nixpkgs> { };

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = ".venv";
  buildInputs = [ pkgs.git pkgs.python312Packages.python venvfixShellHook ];
}
