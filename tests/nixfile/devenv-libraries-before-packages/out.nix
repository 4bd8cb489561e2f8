{ pkgs, ... }:

{
  languages.python.libraries = [ pkgs.openssl ];
  packages = [ pkgs.git ];
}
