{ lib
, mkShell
, python3Packages
, openssl
}:

mkShell {
  packages = with python3Packages; [
    pip
    openssl
  ];
}
