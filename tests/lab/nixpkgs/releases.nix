# Debian's releases that the package set can be made from; `config.release` chooses.
let
  # Debian's packages of one python, since 3.12.
  pythonDebs = version:
    map (part: "libpython${version}${part}") [ "" "-minimal" "-stdlib" ]
    ++ map (part: "python${version}-${part}") [ "gdbm" "tk" "venv" ]
    ++ [ "python3-pip-whl" ];

  # What is downloaded and built of a further release: its pythons, what a test's shell names, and
  # what these need.
  attributes = [
    "brotli" "bzip2" "db" "expat" "file" "gcc" "gcc-unwrapped" "gdbm" "glib" "glibc" "icu" "libbsd" "libcap" "libffi"
    "libgcrypt" "libglvnd" "libgpg-error" "libselinux" "libx11" "libxau" "libxcb" "libxcrypt" "libxdmcp" "libxext"
    "libxml2" "lz4" "ncurses" "openssl" "pcre2" "readline" "sqlite" "stdenv" "stdenvNoCC" "systemdLibs" "util-linux"
    "xxHash" "xz" "zlib" "zstd"
  ];

  # Packages that have another name than in bookworm.
  renamedInTrixie = {
    "libdb5.3" = "libdb5.3t64";
    "libgdbm-compat4" = "libgdbm-compat4t64";
    "libgdbm6" = "libgdbm6t64";
    "libglib2.0-0" = "libglib2.0-0t64";
    "libicu72" = "libicu76";
    "libmagic1" = "libmagic1t64";
    "libreadline8" = "libreadline8t64";
    "libssl3" = "libssl3t64";
  };
in
{
  # The host's own, and what everything else here is written for. All attributes are built.
  bookworm = {
    folder = "debs";
    pythonVersions = [ "3.11" ];
    pythonDebs = _: [
      "libpython3.11" "libpython3.11-minimal" "libpython3.11-stdlib" "python3-distutils" "python3-lib2to3"
      "python3-pip-whl" "python3-setuptools-whl" "python3-tk" "python3.11-venv"
    ];
  };

  trixie = {
    folder = "debs-trixie";
    pythonVersions = [ "3.13" ];
    inherit pythonDebs attributes;
    renamed = renamedInTrixie;
  };

  # Changes from day to day, so it may need a new name here at any time.
  sid = {
    folder = "debs-sid";
    # The first is python3.
    pythonVersions = [ "3.14" "3.15" ];
    inherit pythonDebs attributes;
    renamed = renamedInTrixie // { "libicu72" = "libicu78"; "libxml2" = "libxml2-16"; };
  };
}
