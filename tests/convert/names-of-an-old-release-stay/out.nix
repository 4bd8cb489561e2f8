with (import <nixpkgs> {});

let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
mkShell {
  buildInputs = [
    python39Full
    venvfixShellHook
  ];
  venvDir = "./.venv";
}
