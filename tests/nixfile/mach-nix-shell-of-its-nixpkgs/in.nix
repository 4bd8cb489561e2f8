let
  mach-nix = import (builtins.fetchGit { url = "https://github.com/DavHau/mach-nix"; }) { };
  env = mach-nix.mkPython { requirements = "requests"; };
in
mach-nix.nixpkgs.mkShell {
  buildInputs = [ env ];
}
