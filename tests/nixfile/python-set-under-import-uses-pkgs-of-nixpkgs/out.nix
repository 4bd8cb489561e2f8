with import <nixpkgs> { };

mkShell {
  buildInputs = with python3Packages; [ pip pkgs.openssl ];
}
