with import <nixpkgs> { };
stdenv.mkDerivation {
  name = "env";
  src = null;
  venvDir = "./.venv";
  buildInputs = [ python3 python3Packages.venvShellHook ];
  postShellHook = "unset SOURCE_DATE_EPOCH";
  shellHook = "venvShellHook";
}
