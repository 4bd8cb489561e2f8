{
  outputs = { flakelight, ... }: flakelight ./. {
    devShell = {
      packages = pkgs: with pkgs; [ hello openssl ];
      shellHook = "hello";
    };
  };
}
