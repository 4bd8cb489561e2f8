with import <nixpkgs> {};
  let
    # In its place.
    venvfixShellHook = pkgs.venvfixShellHook;
  in
  pkgs.mkShell rec {
    name = "other";
    venvDir = "./.venv";
    buildInputs = [
      python3
      venvfixShellHook
    ];
  }
