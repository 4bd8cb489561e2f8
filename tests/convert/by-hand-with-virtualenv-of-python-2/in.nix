with import <nixpkgs> {};

stdenv.mkDerivation {
  name = "old";
  src = null;
  buildInputs = with pkgs; [
    python27Full
    python27Packages.virtualenv
    libxml2
  ];
  shellHook = ''
    # zip files cannot be so old
    SOURCE_DATE_EPOCH=$(date +%s)
    virtualenv --no-setuptools venv > /dev/null
    export PATH=$PWD/venv/bin:$PATH
    pip install -r requirements.txt
  '';
}
