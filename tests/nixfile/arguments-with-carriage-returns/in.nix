{
  mkShell,
  python3,
}:
mkShell { buildInputs = [ python3 ]; }
