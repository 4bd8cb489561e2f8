{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = "./.venv";
  buildInputs = [ pkgs.python3 pkgs.python3Packages.venvShellHook ];
  postShellHook = ''
    function again() {
      pip install -r requirements.txt
    }
    unset SOURCE_DATE_EPOCH
    cat <<END
    unset SOURCE_DATE_EPOCH
    END
  '';
}
