with import <nixpkgs> { };
with pkgs.python3Packages;

stdenv.mkDerivation {
  name = "python";
  buildInputs = [
    pip
    virtualenv
  ];
  shellHook = "virtualenv venv";
}
