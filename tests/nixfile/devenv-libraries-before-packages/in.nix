{ pkgs, ... }:

{
  languages.python.libraries = [ ];
  packages = [ pkgs.git ];
}
