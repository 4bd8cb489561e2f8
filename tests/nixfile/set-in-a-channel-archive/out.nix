let
  pinned = fetchTarball "https://nixos.org/channels/nixos-24.05/nixexprs.tar.xz";
  p = import pinned { };
in
p.mkShell {
  buildInputs = [ p.python3 p.openssl ];
}
