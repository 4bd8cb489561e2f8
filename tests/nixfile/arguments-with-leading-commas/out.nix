{ lib
, mkShell # from nixpkgs
, python3
, zlib
, openssl
, ...
}:

mkShell {
  buildInputs = [
    python3
    zlib
    openssl
  ];
}
