{ pkgs, ... }: {
  channel = "stable-24.05";
  packages = [
    pkgs.python311
  ];
  idx.extensions = [ "ms-python.python" ];
}
