with import <nixpkgs> { };
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
stdenv.mkDerivation {
  name = "env";
  src = null;
  venvDir = "./.venv";
  buildInputs = [ python3 venvfixShellHook ];
  shellHook = "venvShellHook";
}
