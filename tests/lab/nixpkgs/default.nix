# A stand-in for nixpkgs, small enough to build from Debian packages in seconds.
# It takes nixpkgs' own arguments, so a real shell.nix evaluates here unchanged.
{ system ? "x86_64-linux"
, config ? { }
, overlays ? [ ]
, ...
}:
let
  lib = import ./lib.nix;
  release = (import ./releases.nix).${config.release or "bookworm"};
  # Where lab-build puts the .deb files and index.nix.
  debs = /nix/var/lab + "/${release.folder}";

  layers = [
    (import ./stdenv.nix)
    (import ./system.nix)
    (import ./toolchain.nix)
    (import ./libraries.nix)
    (import ./x11.nix)
    (import ./media.nix)
    (import ./python.nix release)
    (_: lib.optionalAttrs (config ? release && config.release != "bookworm") programsOfTheHost)
  ];
  # Copies of Debian 12's, so they stay with its libraries. Here, as on NixOS, a shell's programs
  # may have an older glibc than its python.
  programsOfTheHost = { inherit (import ./. { }) hostPrograms nix git; };

  # One fixed point, as in nixpkgs: what an overlay replaces, every dependant sees.
  packages = final:
    lib.foldl' (attrs: layer: attrs // layer final)
      {
        inherit lib system config debs release;
        pkgs = final;
        extend = overlay: import ./. { inherit system config; overlays = overlays ++ [ overlay ]; };
      }
      layers;
  extend = inner: overlay: final: let prev = inner final; in prev // overlay final prev;
in
lib.fix (lib.foldl' extend packages overlays)
