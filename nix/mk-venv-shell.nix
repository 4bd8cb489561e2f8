# A function that makes a shell with a pip virtual environment:
#
#   pkgs.mkVenvShell {
#     python = pkgs.python312;
#     libraries = [ pkgs.libGL ];
#   }
#
# Every other argument is mkShell's, or one that venvfixShellHook honours.
{
  lib,
  mkShell,
  stdenv,
  python3,
  openssl,
  zlib,
  libxml2,
  venvfixShellHook,
}:

{
  python ? python3,
  libraries ? [ ],
  packages ? [ ],
  buildInputs ? [ ],
  env ? { },
  ...
}@args:

let
  # Empty, where the shell does not say: what a shell around this one has set is not meant.
  unsaid = lib.genAttrs [
    "VENVFIX_PROJECT"
    "VENVFIX_VENV_DIR"
    "venvDir"
    "preShellHook"
    "postVenvCreation"
    "postShellHook"
    "dontUseVenvShellHook"
  ] (_: "");
in
mkShell (
  # An attribute may not be in `env` as well.
  removeAttrs unsaid (lib.attrNames env)
  // removeAttrs args [
    "python"
    "libraries"
  ]
  // {
    # First, so that no other package's python comes before it on PATH.
    packages = [
      python
      venvfixShellHook
    ]
    ++ packages;

    buildInputs = [
      stdenv.cc.cc.lib
      openssl
      zlib
      libxml2
    ]
    ++ libraries
    ++ buildInputs;
  }
)
