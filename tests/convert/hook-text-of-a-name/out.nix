let
  pkgs = import <nixpkgs> { config = { allowUnfree = true; }; };
  prepare = ''
    # for wheels
    export TZ=UTC
  '';

  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in pkgs.mkShell {
  buildInputs = with pkgs; [
    gnumake
    python313
    stdenv.cc.cc.lib
    venvfixShellHook
  ];
  venvDir = "./.venv";
  postVenvCreation = prepare;
  postShellHook = prepare;
}
