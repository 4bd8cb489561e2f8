system: inputs: { mkShell
                , figlet
                , lolcat
                , openssl
                ,
                }:
mkShell {
  buildInputs = [ figlet lolcat openssl ];
}
