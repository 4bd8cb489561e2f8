let
  pkgs = import <nixpkgs> { };
  venvDir = "./.venv";
in
pkgs.mkShell {
  name = "x";
  buildInputs = [ pkgs.python3Packages.python pkgs.python3Packages.pip ];
  shellHook = ''
    SOURCE_DATE_EPOCH=$(date +%s)

    if [ -d "${venvDir}" ]; then
      echo "there is one in '${venvDir}'"
    else
      echo "making one in '${venvDir}'"
      ${pkgs.python3.interpreter} -m venv "${venvDir}"
    fi

    # Also for tools that do not know the venv:
    PYTHONPATH=$PWD/${venvDir}/${pkgs.python3.sitePackages}/:$PYTHONPATH
    source "${venvDir}/bin/activate"

    pip install -r requirements.txt
  '';
}
