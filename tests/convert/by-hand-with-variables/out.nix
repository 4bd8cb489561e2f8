let
  pkgs = import <nixpkgs> { };
  venvDir = "./.venv";

  venvfix = pkgs.venvfix;
in
pkgs.mkShell {
  name = "x";
  buildInputs = [ pkgs.python3Packages.python pkgs.python3Packages.pip venvfix ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''
    eval "$(venvfix hook bash)"
    venvfix-enter
  '';
}
