{
  outputs = { self, nixpkgs, flake-utils }:
    flake-utils.lib.eachDefaultSystem (system:
      let pkgs = import nixpkgs { inherit system; };
      in {
        devShells = {
          default = (
            let
              buildInputs = [
                pkgs.zlib # numpy
                pkgs.libxcrypt # in any case
              ];
            in
            pkgs.mkShell {
              inherit buildInputs;
              LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath buildInputs;
            }
          );
        };
      });
}
