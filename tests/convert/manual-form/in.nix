with import <nixpkgs> { };

let
  pythonPackages = python3Packages;
in
pkgs.mkShell rec {
  name = "shop";
  venvDir = "./.venv";
  buildInputs = [
    # Without an interpreter there is no venv.
    pythonPackages.python

    # Makes the venv.
    pythonPackages.venvShellHook

    pythonPackages.requests

    openssl
    git
  ];

  # Once, when the venv is new.
  postVenvCreation = ''
    unset SOURCE_DATE_EPOCH
    pip install -r requirements.txt
  '';

  # At each start.
  postShellHook = ''
    # wheels need this
    unset SOURCE_DATE_EPOCH
  '';
}
