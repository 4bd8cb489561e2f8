let
  pkgs = import <nixpkgs> { config = { allowUnfree = true; }; };
  prepare = ''
    # for wheels
    LD_LIBRARY_PATH=${pkgs.stdenv.cc.cc.lib}/lib/
    unset SOURCE_DATE_EPOCH
    export TZ=UTC
  '';
in pkgs.mkShell {
  buildInputs = with pkgs; [
    gnumake
    python313
    python313Packages.venvShellHook
  ];
  venvDir = "./.venv";
  postVenvCreation = prepare;
  postShellHook = prepare;
}
