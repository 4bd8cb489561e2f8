{
  outputs = { nixpkgs, ... }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      shellWith = { python, extra ? [ ] }: pkgs.mkShell {
        packages = [ python pkgs.uv pkgs.openssl ] ++ extra;
      };
    in
    {
      devShells.x86_64-linux = {
        default = shellWith { python = pkgs.python312; };
        old = shellWith { python = pkgs.python311; extra = [ pkgs.git ]; };
      };
    };
}
