# Sound, images, fonts and text.
final: with final;
{
  # Sound
  alsa-lib = debLibrary "alsa-lib" { debs = [ "libasound2" ]; };
  flac = debLibrary "flac" { debs = [ "libflac12" ]; outputs = [ "bin" "dev" "out" ]; propagates = [ libogg ]; };
  lame = debLibrary "lame" { debs = [ "libmp3lame0" ]; outputs = [ "out" "lib" ]; };
  libasyncns = debLibrary "libasyncns" { debs = [ "libasyncns0" ]; outputs = [ "out" ]; };
  libjack2 = debLibrary "jack2" { debs = [ "libjack-jackd2-0" ]; outputs = [ "out" ]; needs = [ db gcc-unwrapped libopus libsamplerate ]; };
  libogg = debLibrary "libogg" { debs = [ "libogg0" ]; outputs = [ "out" "dev" ]; };
  libopus = debLibrary "libopus" { debs = [ "libopus0" ]; };
  libpulseaudio = debLibrary "libpulseaudio" {
    debs = [ "libpulse0" ];
    needs = [ dbus libasyncns libsndfile libx11 libxcb systemdLibs ];
    folders = [ "pulseaudio" ];
  };
  libsamplerate = debLibrary "libsamplerate" { debs = [ "libsamplerate0" ]; outputs = [ "bin" "dev" "out" ]; };
  libsndfile = debLibrary "libsndfile" {
    debs = [ "libsndfile1" ];
    outputs = [ "bin" "dev" "out" ];
    needs = [ flac lame libogg libopus libvorbis mpg123 ];
  };
  libvorbis = debLibrary "libvorbis" { debs = [ "libvorbis0a" "libvorbisenc2" "libvorbisfile3" ]; propagates = [ libogg ]; };
  mpg123 = debLibrary "mpg123" { debs = [ "libmpg123-0" ]; outputs = [ "out" ]; };
  portaudio = debLibrary "portaudio" { debs = [ "libportaudio2" ]; outputs = [ "out" ]; needs = [ alsa-lib libjack2 ]; };

  # Images
  gdk-pixbuf = debLibrary "gdk-pixbuf" {
    debs = [ "libgdk-pixbuf-2.0-0" ];
    outputs = [ "out" "dev" ];
    propagates = [ glib libjpeg libpng libtiff ];
  };
  jbigkit = debLibrary "jbigkit" { debs = [ "libjbig0" ]; outputs = [ "out" ]; };
  lerc = debLibrary "lerc" { debs = [ "liblerc4" ]; needs = [ gcc-unwrapped ]; };
  libjpeg = debLibrary "libjpeg-turbo" { debs = [ "libjpeg62-turbo" ]; outputs = [ "bin" "dev" "out" ]; };
  libpng = debLibrary "libpng" { debs = [ "libpng16-16" ]; propagates = [ zlib ]; };
  libtiff = debLibrary "libtiff" {
    debs = [ "libtiff6" ];
    outputs = [ "bin" "dev" "out" ];
    needs = [ jbigkit lerc libdeflate libwebp zstd ];
    propagates = [ libjpeg xz zlib ];
  };
  libv4l = debLibrary "v4l-utils" { debs = [ "libv4l-0" "libv4lconvert0" ]; outputs = [ "out" "lib" "dev" ]; needs = [ libjpeg ]; };
  libwebp = debLibrary "libwebp" { debs = [ "libwebp7" "libwebpdemux2" "libwebpmux3" ]; outputs = [ "out" ]; };
  zbar = debLibrary "zbar" { debs = [ "libzbar0" ]; outputs = [ "out" "lib" "dev" ]; needs = [ dbus libjpeg libv4l libx11 ]; };

  # Fonts and text
  cairo = debLibrary "cairo" {
    debs = [ "libcairo2" "libcairo-gobject2" ];
    outputs = [ "out" "dev" ];
    needs = [ glib libx11 libxcb libxext ];
    propagates = [ fontconfig freetype libpng libxrender pixman zlib ];
  };
  fontconfig = debLibrary "fontconfig" {
    debs = [ "libfontconfig1" ];
    outputs = [ "bin" "dev" "lib" "out" ];
    needs = [ expat ];
    propagates = [ freetype ];
  };
  freetype = debLibrary "freetype" { debs = [ "libfreetype6" ]; propagates = [ brotli bzip2 libpng zlib ]; };
  graphite2 = debLibrary "graphite2" { debs = [ "libgraphite2-3" ]; outputs = [ "out" "dev" ]; };
  harfbuzz = debLibrary "harfbuzz" { debs = [ "libharfbuzz0b" ]; needs = [ freetype glib ]; propagates = [ graphite2 ]; };
  libdatrie = debLibrary "libdatrie" { debs = [ "libdatrie1" ]; outputs = [ "bin" "out" "dev" ]; };
  libthai = debLibrary "libthai" { debs = [ "libthai0" ]; needs = [ libdatrie ]; };
  pango = debLibrary "pango" {
    debs = [ "libpango-1.0-0" "libpangocairo-1.0-0" "libpangoft2-1.0-0" ];
    outputs = [ "bin" "out" "dev" ];
    needs = [ fontconfig freetype fribidi libthai ];
    propagates = [ cairo glib harfbuzz ];
  };
  pixman = debLibrary "pixman" { debs = [ "libpixman-1-0" ]; outputs = [ "out" ]; };
}
