with import <nixpkgs> { };
let
  pythonEnv = python312.withPackages (ps: [ ps.numpy ]);
in
mkShell {
  packages = [
    pythonEnv
    black
  ];
  shellHook = ''
    # pip installs here,
    # not into the store.
    export PIP_PREFIX=$(pwd)/_build/pip_packages
    export PYTHONPATH="$PIP_PREFIX/${pkgs.python312.sitePackages}:$PYTHONPATH"
    export PATH="$PIP_PREFIX/bin:$PATH"
    unset SOURCE_DATE_EPOCH
  '';
}
