with import <nixpkgs> { };

(buildFHSEnv {
  name = "pip";
  multiPkgs = pkgs: [ pkgs.zlib ];
}).env
