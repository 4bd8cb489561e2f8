{
  mkShell,
  python3 # the newest
}:

mkShell { buildInputs = [ python3 ]; }
