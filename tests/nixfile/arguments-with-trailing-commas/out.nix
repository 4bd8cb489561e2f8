{
  mkShell,
  python3,
  zlib, # for numpy
  openssl,
  ...
}:

mkShell {
  buildInputs = [
    python3
    zlib
    openssl
  ];
}
