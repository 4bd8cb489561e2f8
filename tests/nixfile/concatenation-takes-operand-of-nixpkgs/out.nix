{ pkgs, ps }:
pkgs.mkShell {
  buildInputs = (with ps; [ pip ]) ++ (with pkgs; [ git openssl ]);
}
