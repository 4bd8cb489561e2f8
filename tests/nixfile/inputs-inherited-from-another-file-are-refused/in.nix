{
  pkgs ? import <nixpkgs> { },
  mkShell ? pkgs.mkShell,
  callPackage ? pkgs.callPackage,
}:
mkShell { inherit (callPackage ./package.nix { }) buildInputs; }
