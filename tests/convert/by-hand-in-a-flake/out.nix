{
  outputs = { self, nixpkgs }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;

      venvfix = pkgs.venvfix;
    in
    {
      devShells.x86_64-linux.default = pkgs.mkShell {
        packages = [ pkgs.python3 venvfix ];
        VENVFIX_VENV_DIR = "venv";
        shellHook = "eval \"$(venvfix hook bash)\"; venvfix-enter";
      };
    };
}
