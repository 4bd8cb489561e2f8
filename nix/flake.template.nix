# A development shell with a pip virtual environment, kept by venvfix.
#
#   nix develop             makes or updates .venv, installs requirements.txt, enters it
#   venvfix doctor          says which system libraries the installed wheels still miss
#   venvfix add-lib NAME --file flake.nix
#                           adds one to the list below
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    @input@
  };

  outputs =
    { nixpkgs,@argument@ ... }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
    in
    {
      devShells = nixpkgs.lib.genAttrs systems (
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
          @venvfix@
        in
        {
          default = pkgs.mkShell {
            packages = [
              @python@
              @package@
              @programs@
            ];

            # System libraries that reach the Python of .venv, and the headers for packages built from source.
            # venvfix: libraries
            buildInputs = with pkgs; [
              stdenv.cc.cc.lib
              openssl
              zlib
              libxml2
              @libraries@
            ];

            # What libraries are called differs from release to release: add-lib, doctor and which go by this one.
            VENVFIX_NIXPKGS_RELEASE = pkgs.lib.trivial.release;

            # Which folder is the project's, the hook finds out: the flake itself is a copy in the store.
            shellHook = ''
              eval "$(venvfix hook bash)"
              venvfix-enter
            '';
          };
        }
      );
    };
}
