{ lib
, mkShell # from nixpkgs
, python3
, zlib
, ...
}:

mkShell {
  buildInputs = [
    python3
    zlib
  ];
}
