with (import <nixpkgs> {});

mkShell {
  buildInputs = [
    python39Full
    python39Packages.venvShellHook
  ];
  venvDir = "./.venv";
}
