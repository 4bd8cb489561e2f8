{ mkShell, python3, python3Packages }:
mkShell {
  venvDir = ".venv";
  packages = [ python3 python3Packages.venvShellHook ];
}
