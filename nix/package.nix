# A callPackage function: pkgs.callPackage ./package.nix { }
{ lib, rustPlatform }:

let
  manifest = lib.importTOML ../Cargo.toml;
in
rustPlatform.buildRustPackage {
  pname = manifest.package.name;
  inherit (manifest.package) version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.toml
      ../Cargo.lock
      ../src
      ../hooks
      ./flake.template.nix
      ./shell.template.nix
      ./venvfix-shell-hook.bash
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;

  # The others need a network, bubblewrap and a laboratory.
  cargoTestFlags = [ "--lib" ];

  meta = {
    inherit (manifest.package) description;
    license = lib.licenses.mit;
    mainProgram = "venvfix";
    platforms = lib.platforms.unix;
  };
}
