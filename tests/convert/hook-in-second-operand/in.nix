{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell {
  venvDir = ".venv";
  packages = with pkgs; [
    python312
    librsvg # for previews
  ] ++ (with pkgs.python312Packages; [
    pip
    venvShellHook
  ]);
  postVenvCreation = ''
    pip install -r requirements.txt
  '';
  # numpy wants libstdc++
  env.LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.stdenv.cc.cc.lib pkgs.zlib ];
}
