(import (
  fetchTarball { url = "https://github.com/edolstra/flake-compat/archive/x.tar.gz"; }
) { src = ./.; }).shellNix
