with (import <nixpkgs> {});

let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
mkShell {
  buildInputs = with pkgs; [
    python3
    venvfixShellHook
    pkgs.python3Packages.requests
  ];
  venvDir = "./.venv";
}
