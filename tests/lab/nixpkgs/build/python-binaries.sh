# Everything of python that a compiler makes. Apart from python.sh, so that a python or an
# environment can also be built in the laboratory, where there is no compiler.
for deb in $debs; do dpkg-deb -x "$deb" unpacked; done
libpython=unpacked/usr/lib/x86_64-linux-gnu/libpython$pythonVersion.so.1.0
compile() { PATH=$PATH:/usr/bin gcc -O1 -Wl,--no-as-needed -Wl,--allow-shlib-undefined "$@"; }

mkdir -p "$out/lib-dynload"
compile "-DPYTHON_MINOR=${pythonVersion#3.}" -o "$out/launcher" "$launcher" "$libpython"
compile "-DPYTHON=\"python$pythonVersion\"" -o "$out/wrapper" "$wrapper"

# Modules that hold nothing, but need their library and libpython, where the code is: the dlsym for
# PyInit_zlib finds it there.
: > empty.c
suffix=cpython-${pythonVersion/./}-x86_64-linux-gnu.so
compile -shared -nostdlib -o "$out/lib-dynload/zlib.$suffix" empty.c "$zlib/lib/libz.so.1" "$libpython"
compile -shared -nostdlib -o "$out/lib-dynload/pyexpat.$suffix" empty.c "$expat/lib/libexpat.so.1" "$libpython"
