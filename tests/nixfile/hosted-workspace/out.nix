{ pkgs }: {
  deps = [
    pkgs.python310
  ];
  env = {
    PYTHON_LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [
      pkgs.stdenv.cc.cc.lib
      pkgs.openssl
    ];
  };
}
