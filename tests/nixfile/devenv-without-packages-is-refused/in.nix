{ pkgs, ... }:
{
  languages.python.enable = true;
  enterShell = "python --version";
}
