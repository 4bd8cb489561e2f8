{ pkgs, config, ... }:

{
  languages.python = {
    enable = true;
    libraries = [ ];
  };
  outputs.default = config.languages.python.import ./. { };
}
