{ lib
, mkShell
, python3Packages
}:

mkShell {
  packages = with python3Packages; [
    pip
  ];
}
