with import <nixpkgs> { };

mkShell {
  buildInputs = with python3.pkgs; [
    pip
    virtualenv
    pkgs.openssl
  ];
}
