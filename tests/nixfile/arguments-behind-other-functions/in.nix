system: inputs: { mkShell
                , figlet
                , lolcat
                ,
                }:
mkShell {
  buildInputs = [ figlet lolcat ];
}
