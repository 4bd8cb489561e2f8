{
  inputs.flakelight.url = "github:nix-community/flakelight";
  outputs = { flakelight, ... }: flakelight ./. {
    devShell.packages = pkgs: [ pkgs.hello pkgs.coreutils pkgs.openssl ];
  };
}
