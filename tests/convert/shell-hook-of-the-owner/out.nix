{ pkgs ? import <nixpkgs> { } }:

let
  # In its place.
  venvfixShellHook = pkgs.venvfixShellHook;
in
pkgs.mkShell {
  buildInputs = with pkgs; [
    (python3.withPackages (p: [ p.pip ]))
    venvfixShellHook
  ];
  venvDir = "./.venv";
  shellHook = ''
    runHook venvShellHook
  '';
}
