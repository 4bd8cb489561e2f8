with import <nixpkgs> { };
let
  shared = [ rustup ];
in
{
  darwin = mkShell { buildInputs = shared; };
  linux = mkShell { buildInputs = [ pkg-config ] ++ shared; };
}
