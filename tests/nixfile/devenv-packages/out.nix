{ pkgs, lib, config, inputs, ... }:

{
  # https://devenv.sh/packages/
  packages = [ pkgs.git pkgs.openssl ];

  languages.python = {
    enable = true;
    venv.enable = true;
  };

  enterTest = "pytest";
}
