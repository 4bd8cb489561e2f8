(builtins.getFlake (toString ./.)).devShells.${builtins.currentSystem}.default
