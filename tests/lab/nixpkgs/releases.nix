# Debian's releases that the package set can be made from; `config.release` chooses.
{
  # The host's own, and what everything else here is written for.
  bookworm = {
    folder = "debs";
    pythonVersion = "3.11";
    pythonDebs = [
      "libpython3.11" "libpython3.11-minimal" "libpython3.11-stdlib" "python3-distutils" "python3-lib2to3"
      "python3-pip-whl" "python3-setuptools-whl" "python3-tk" "python3.11-venv"
    ];
  };

  trixie = {
    folder = "debs-trixie";
    pythonVersion = "3.13";
    pythonDebs = [
      "libpython3.13" "libpython3.13-minimal" "libpython3.13-stdlib" "python3-pip-whl" "python3.13-gdbm"
      "python3.13-tk" "python3.13-venv"
    ];
    # What is downloaded and built: python, what a test's shell names, and what these need.
    attributes = [
      "brotli" "bzip2" "db" "expat" "file" "gcc" "gcc-unwrapped" "gdbm" "glib" "glibc" "icu" "libbsd" "libffi" "libglvnd"
      "libselinux" "libx11" "libxau" "libxcb" "libxcrypt" "libxdmcp" "libxext" "libxml2" "ncurses" "openssl" "pcre2"
      "readline" "sqlite" "util-linux" "xz" "zlib" "zstd"
    ];
    # Packages that have another name than in bookworm.
    renamed = {
      "libdb5.3" = "libdb5.3t64";
      "libgdbm-compat4" = "libgdbm-compat4t64";
      "libgdbm6" = "libgdbm6t64";
      "libglib2.0-0" = "libglib2.0-0t64";
      "libicu72" = "libicu76";
      "libmagic1" = "libmagic1t64";
      "libreadline8" = "libreadline8t64";
      "libssl3" = "libssl3t64";
    };
  };
}
