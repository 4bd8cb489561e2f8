{ pkgs, config, ... }:

{
  languages.python = {
    enable = true;
    libraries = [ pkgs.openssl ];
  };
  outputs.default = config.languages.python.import ./. { };
}
