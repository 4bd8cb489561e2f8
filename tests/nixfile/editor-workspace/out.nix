{ pkgs, ... }: {
  channel = "stable-24.05";
  packages = [
    pkgs.python311
    pkgs.openssl
  ];
  idx.extensions = [ "ms-python.python" ];
}
