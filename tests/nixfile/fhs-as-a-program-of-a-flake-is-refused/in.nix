{
  outputs = { self, nixpkgs }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      fhs = pkgs.buildFHSEnv { name = "x"; targetPkgs = pkgs: [ pkgs.zlib ]; };
    in
    {
      apps.x86_64-linux.default = { type = "app"; program = "${fhs}/bin/x"; };
    };
}
