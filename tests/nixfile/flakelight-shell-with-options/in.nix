{
  outputs = { flakelight, ... }: flakelight ./. {
    devShell = {
      packages = pkgs: with pkgs; [ hello ];
      shellHook = "hello";
    };
  };
}
