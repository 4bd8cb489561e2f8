# A development shell with a pip virtual environment, kept by venvfix.
#
#   nix-shell               makes or updates .venv, installs requirements.txt, enters it
#   venvfix doctor          says which system libraries the installed wheels still miss
#   venvfix add-lib NAME    adds one to the list below
{
  pkgs ? import <nixpkgs> { },
}:

let
  venvfix = pkgs.venvfix;
in
pkgs.mkShell {
  packages = [
    pkgs.python3
    venvfix
  ];

  # System libraries that reach the Python of .venv, and the headers for packages built from source.
  # venvfix: libraries
  buildInputs = with pkgs; [
    stdenv.cc.cc.lib
    openssl
    zlib
    libxml2
  ];

  # The folder of this file: .venv and requirements.txt lie here, wherever nix-shell is called.
  VENVFIX_PROJECT = toString ./.;

  # What libraries are called differs from release to release: add-lib, doctor and which go by this one.
  VENVFIX_NIXPKGS_RELEASE = pkgs.lib.trivial.release;

  shellHook = ''
    eval "$(venvfix hook bash)"
    venvfix-enter
  '';
}
