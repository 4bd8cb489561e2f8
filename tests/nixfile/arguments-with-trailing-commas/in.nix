{
  mkShell,
  python3,
  zlib, # for numpy
  ...
}:

mkShell {
  buildInputs = [
    python3
    zlib
  ];
}
