{ tools ? import (fetchTarball "https://example.org/tools.tar.gz") { } }:

tools.pkgs.mkShell rec { buildInputs = [ tools.monitor ]; }
