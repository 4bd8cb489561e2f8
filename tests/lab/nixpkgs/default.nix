# A stand-in for nixpkgs, small enough to build from Debian packages in seconds.
# It takes nixpkgs' own arguments, so a real shell.nix evaluates here unchanged.
{ system ? "x86_64-linux"
, config ? { }
, overlays ? [ ]
  # Where lab-build puts the .deb files and index.nix.
, debs ? /nix/var/lab/debs
, ...
}:
let
  lib = import ./lib.nix;

  layers = [
    (import ./stdenv.nix)
    (import ./system.nix)
    (import ./toolchain.nix)
    (import ./libraries.nix)
    (import ./x11.nix)
    (import ./media.nix)
    (import ./python.nix)
  ];

  # One fixed point, as in nixpkgs: what an overlay replaces, every dependant sees.
  packages = final:
    lib.foldl' (attrs: layer: attrs // layer final)
      { inherit lib system config debs; pkgs = final; }
      layers;
  extend = inner: overlay: final: let prev = inner final; in prev // overlay final prev;
in
lib.fix (lib.foldl' extend packages overlays)
