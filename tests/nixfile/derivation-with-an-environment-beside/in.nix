with import <nixpkgs> { };

stdenv.mkDerivation rec {
  name = "env";
  env = buildEnv { inherit name; paths = buildInputs; };
  buildInputs = [
    (python3.withPackages (ps: with ps; [ virtualenv pip ]))
  ];
}
