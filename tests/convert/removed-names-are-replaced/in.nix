with (import <nixpkgs> {});

mkShell {
  buildInputs = with pkgs; [
    python3Full
    python39Packages.venvShellHook
    pkgs.python38Packages.requests
  ];
  venvDir = "./.venv";
  postVenvCreation = ''
    unset SOURCE_DATE_EPOCH
  '';
}
