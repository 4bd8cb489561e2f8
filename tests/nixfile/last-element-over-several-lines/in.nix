{ pkgs ? import <nixpkgs> { } }:

pkgs.mkShell {
  packages = [
    pkgs.git
    (pkgs.python3.withPackages (ps: [
      ps.numpy
      ps.pip
    ]))
  ];
}
