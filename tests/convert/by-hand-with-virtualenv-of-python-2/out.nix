with import <nixpkgs> {};

let
  venvfix = pkgs.venvfix;
in
stdenv.mkDerivation {
  name = "old";
  src = null;
  buildInputs = with pkgs; [
    python3
    python3Packages.virtualenv
    libxml2
    venvfix
  ];
  VENVFIX_PROJECT = toString ./.;
  VENVFIX_VENV_DIR = "venv";
  shellHook = ''
    eval "$(venvfix hook bash)"
    venvfix-enter
  '';
}
