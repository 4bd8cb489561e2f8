{ pkgs ? import <nixpkgs> { } }:
let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  venvDir = "./.venv";
  buildInputs = [ pkgs.python3 venvfixShellHook ];
  postShellHook = ''
    function again() {
      pip install -r requirements.txt
    }
    cat <<END
    unset SOURCE_DATE_EPOCH
    END
  '';
}
