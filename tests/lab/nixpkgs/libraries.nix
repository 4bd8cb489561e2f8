# System libraries under nixpkgs' names, with nixpkgs' outputs (the first is what "${attr}" means).
final: with final;
let
  # What Debian's libtinfo.so.6 is called here.
  privateTinfo = "libtinfo-private.so.6";
in
{
  # Compression
  brotli = debLibrary "brotli" { debs = [ "libbrotli1" ]; outputs = [ "out" "dev" "lib" ]; };
  bzip2 = debLibrary "bzip2" { debs = [ "libbz2-1.0" ]; outputs = [ "bin" "dev" "out" ]; };
  libdeflate = debLibrary "libdeflate" { debs = [ "libdeflate0" ]; outputs = [ "out" ]; };
  lz4 = debLibrary "lz4" { debs = [ "liblz4-1" ]; outputs = [ "dev" "lib" "out" ]; needs = [ xxHash ]; };
  xxHash = debLibrary "xxhash" { debs = [ "libxxhash0" ]; };
  xz = debLibrary "xz" { debs = [ "liblzma5" ]; outputs = [ "bin" "dev" "out" ]; };
  zlib = debLibrary "zlib" { debs = [ "zlib1g" ]; };
  zstd = debLibrary "zstd" { debs = [ "libzstd1" ]; outputs = [ "bin" "dev" "out" ]; };

  # Foundations
  db = debLibrary "db" { debs = [ "libdb5.3" ]; outputs = [ "bin" "out" "dev" ]; };
  enchant = debLibrary "enchant" {
    debs = [ "libenchant-2-2" ];
    needs = [ glib ];
  };
  expat = debLibrary "expat" { debs = [ "libexpat1" ]; outputs = [ "out" "dev" ]; };
  file = debLibrary "file" {
    debs = [ "libmagic1" "libmagic-mgc" ];
    outputs = [ "out" ];
    needs = [ zlib bzip2 xz zstd ];
    postInstall = ''mkdir -p "$out/share/misc"; cp unpacked/usr/lib/file/magic.mgc "$out/share/misc/"'';
  };
  fribidi = debLibrary "fribidi" { debs = [ "libfribidi0" ]; };
  gdbm = debLibrary "gdbm" { debs = [ "libgdbm6" "libgdbm-compat4" ]; };
  glib = debLibrary "glib" {
    debs = [ "libglib2.0-0" ];
    outputs = [ "bin" "out" "dev" ];
    needs = [ pcre2 util-linux libselinux gcc-unwrapped ];
    propagates = [ zlib libffi ];
  };
  gmp = debLibrary "gmp" { debs = [ "libgmp10" ]; };
  icu = debLibrary "icu4c" { debs = [ "libicu72" ]; needs = [ gcc-unwrapped ]; };
  keyutils = debLibrary "keyutils" { debs = [ "libkeyutils1" ]; outputs = [ "out" "lib" "dev" ]; };
  libbsd = debLibrary "libbsd" { debs = [ "libbsd0" "libmd0" ]; };
  libcap = debLibrary "libcap" { debs = [ "libcap2" ]; outputs = [ "out" "dev" "lib" ]; };
  libffi = debLibrary "libffi" { debs = [ "libffi8" ]; };
  libgcrypt = debLibrary "libgcrypt" { debs = [ "libgcrypt20" ]; outputs = [ "bin" "lib" "dev" "out" ]; needs = [ libgpg-error ]; };
  libgpg-error = debLibrary "libgpg-error" { debs = [ "libgpg-error0" ]; };
  libidn2 = debLibrary "libidn2" { debs = [ "libidn2-0" ]; outputs = [ "bin" "dev" "out" ]; needs = [ libunistring ]; };
  libselinux = debLibrary "libselinux" { debs = [ "libselinux1" ]; outputs = [ "bin" "out" "dev" ]; needs = [ pcre2 ]; };
  libsodium = debLibrary "libsodium" { debs = [ "libsodium23" ]; };
  libtool = debLibrary "libtool" { debs = [ "libltdl7" ]; outputs = [ "out" "lib" ]; };
  libunistring = debLibrary "libunistring" { debs = [ "libunistring2" ]; };
  pcsclite = debLibrary "pcsclite" { debs = [ "libpcsclite1" ]; outputs = [ "out" "dev" "lib" ]; };
  libusb1 = debLibrary "libusb" { debs = [ "libusb-1.0-0" ]; needs = [ systemdLibs ]; };
  libuuid = util-linux;
  libxcrypt = debLibrary "libxcrypt" { debs = [ "libcrypt1" ]; outputs = [ "out" ]; };
  libxml2 = debLibrary "libxml2" {
    debs = [ "libxml2" ];
    outputs = [ "bin" "dev" "out" ];
    needs = [ zlib xz icu gcc-unwrapped ];
  };
  libxslt = debLibrary "libxslt" {
    debs = [ "libxslt1.1" ];
    outputs = [ "bin" "dev" "out" ];
    needs = [ libgcrypt libgpg-error ];
    propagates = [ libxml2 ];
  };
  ncurses = debLibrary "ncurses" {
    debs = [ "libncursesw6" "libtinfo6" ];
    outputs = [ "out" "dev" ];
    # In nixpkgs libtinfo.so.6 is only another name for libncursesw.so.6, and no SONAME.
    postInstall = ''
      mv "$libraries"/libtinfo.so.6.* "$libraries/${privateTinfo}"
      rm "$libraries/libtinfo.so.6"
      patchelf --set-soname ${privateTinfo} "$libraries/${privateTinfo}"
      for file in "$libraries"/*w.so.6.*; do patchelf --replace-needed libtinfo.so.6 ${privateTinfo} "$file"; done
      ln -s libncursesw.so.6 "$libraries/libtinfo.so.6"
    '';
  };
  nspr = debLibrary "nspr" { debs = [ "libnspr4" ]; };
  nss = debLibrary "nss" { debs = [ "libnss3" ]; needs = [ sqlite zlib ]; propagates = [ nspr ]; folders = [ "nss" ]; };
  onetbb = debLibrary "onetbb" { debs = [ "libtbb12" ]; needs = [ gcc-unwrapped ]; };
  openblas = debLibrary "openblas" {
    debs = [ "libopenblas0-pthread" ];
    needs = [ gfortran-unwrapped gcc-unwrapped ];
    folders = [ "openblas-pthread" ];
  };
  pcre2 = debLibrary "pcre2" { debs = [ "libpcre2-8-0" ]; outputs = [ "bin" "dev" "out" ]; };
  readline = debLibrary "readline" {
    debs = [ "libreadline8" ];
    propagates = [ ncurses ];
    postInstall = ''patchelf --replace-needed libtinfo.so.6 ${privateTinfo} "$libraries"/libreadline.so.8.*'';
  };
  sqlite = debLibrary "sqlite" { debs = [ "libsqlite3-0" ]; outputs = [ "bin" "dev" "out" ]; };
  systemdLibs = debLibrary "systemd-minimal-libs" {
    debs = [ "libsystemd0" "libudev1" ];
    needs = [ libcap libgcrypt libgpg-error lz4 xz zstd ];
  };
  udev = systemdLibs;
  util-linux = debLibrary "util-linux" {
    debs = [ "libuuid1" "libmount1" "libblkid1" ];
    outputs = [ "bin" "dev" "out" "lib" ];
    needs = [ libselinux systemdLibs ];
  };

  # Cryptography and networks
  avahi = debLibrary "avahi" { debs = [ "libavahi-client3" "libavahi-common3" ]; needs = [ dbus ]; };
  cups = debLibrary "cups" {
    debs = [ "libcups2" ];
    outputs = [ "out" "lib" "dev" ];
    needs = [ avahi gnutls libkrb5 zlib ];
  };
  curl = debLibrary "curl" {
    debs = [ "libcurl3-gnutls" ];
    outputs = [ "bin" "dev" "out" ];
    needs = [ brotli gnutls libidn2 libkrb5 libpsl libssh2 nettle nghttp2 openldap rtmpdump zlib zstd ];
  };
  cyrus_sasl = debLibrary "cyrus-sasl" { debs = [ "libsasl2-2" ]; outputs = [ "bin" "dev" "out" ]; };
  dbus = debLibrary "dbus" {
    debs = [ "libdbus-1-3" ];
    outputs = [ "out" "dev" "lib" ];
    needs = [ systemdLibs ];
    propagates = [ expat ];
  };
  gnutls = debLibrary "gnutls" {
    debs = [ "libgnutls30" ];
    outputs = [ "bin" "dev" "out" ];
    needs = [ gmp libidn2 libunistring libtasn1 p11-kit ];
    propagates = [ nettle ];
  };
  # nixpkgs' libkrb5 is krb5 without its programs.
  krb5 = libkrb5;
  libkrb5 = debLibrary "libkrb5" {
    debs = [ "libkrb5-3" "libgssapi-krb5-2" "libk5crypto3" "libkrb5support0" "libcom-err2" ];
    outputs = [ "out" "dev" "lib" ];
    needs = [ keyutils openssl ];
  };
  libpsl = debLibrary "libpsl" { debs = [ "libpsl5" ]; needs = [ libidn2 libunistring ]; };
  libssh2 = debLibrary "libssh2" { debs = [ "libssh2-1" ]; outputs = [ "out" "dev" ]; needs = [ libgcrypt openssl zlib ]; };
  libtasn1 = debLibrary "libtasn1" { debs = [ "libtasn1-6" ]; outputs = [ "out" "dev" ]; };
  nettle = debLibrary "nettle" { debs = [ "libnettle8" "libhogweed6" ]; needs = [ gmp ]; };
  nghttp2 = debLibrary "nghttp2" { debs = [ "libnghttp2-14" ]; outputs = [ "out" "dev" "lib" ]; };
  openldap = debLibrary "openldap" { debs = [ "libldap-2.5-0" ]; outputs = [ "out" "dev" ]; needs = [ cyrus_sasl gnutls ]; };
  openssl = debLibrary "openssl" {
    debs = [ "libssl3" ];
    outputs = [ "bin" "dev" "out" ];
    # Debian's links to them since trixie.
    postInstall = ''keepPrivate "$libraries/libcrypto.so.3" "$libraries/private" ${zlib}/lib/libz.so.1 ${zstd.out}/lib/libzstd.so.1'';
  };
  p11-kit = debLibrary "p11-kit" { debs = [ "libp11-kit0" ]; outputs = [ "out" "bin" "dev" ]; needs = [ libffi ]; };
  rtmpdump = debLibrary "rtmpdump" { debs = [ "librtmp1" ]; needs = [ gmp gnutls nettle zlib ]; };

  # Databases
  libmysqlclient = debLibrary "mariadb-connector-c" { debs = [ "libmariadb3" ]; outputs = [ "out" "dev" ]; needs = [ openssl zlib zstd ]; };
  libpq = debLibrary "libpq" { debs = [ "libpq5" ]; needs = [ libkrb5 openldap openssl ]; };
  unixODBC = debLibrary "unixODBC" { debs = [ "libodbc2" "libodbcinst2" "libodbccr2" ]; outputs = [ "out" ]; needs = [ libtool ]; };

  # The one program from a package of its own: the host's would bring the host's git-core.
  git = rawDerivation {
    name = "git-minimal";
    script = ./build/git.sh;
    debs = map debFile git.debNames;
    elfTools = ./build/elf-tools.sh;
    needs = map lib.getLib [ pcre2 zlib curl expat ] ++ [ glibc ];
    passthru = { pname = "git"; debNames = [ "git" ]; meta.mainProgram = "git"; };
  };
}
