with import <nixpkgs> { };
let
  pythonEnv = python312.withPackages (ps: [ ps.numpy ]);

  venvfix = pkgs.venvfix;
in
mkShell {
  packages = [
    pythonEnv
    black
    venvfix
  ];
  VENVFIX_PROJECT = toString ./.;
  shellHook = ''
    eval "$(venvfix hook bash)"
    venvfix-enter
  '';
}
