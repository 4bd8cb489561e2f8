with import <nixpkgs-unstable> { };

mkShell {
  packages = [
    uv
  ];
}
