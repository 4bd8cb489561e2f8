with import <nixpkgs> { };

let
  pythonPackages = python3Packages;

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell rec {
  name = "shop";
  venvDir = "./.venv";
  buildInputs = [
    # Without an interpreter there is no venv.
    pythonPackages.python

    # Makes the venv.
    venvfixShellHook

    pythonPackages.requests

    openssl
    git
  ];
}
