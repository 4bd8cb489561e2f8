# shellcheck shell=sh
# Run by the host's /bin/sh. Debian's glibc with libgcc_s beside it, as nixpkgs has it, and with a
# loader that knows no other directory.
PATH=/usr/bin:/bin

mkdir unpacked
for deb in $debs; do dpkg-deb -x "$deb" unpacked; done
mkdir -p "$out/lib"
cp -a unpacked/lib/x86_64-linux-gnu/*.so* "$out/lib/"
ln -s lib "$out/lib64"

# C.UTF-8. A store path would not fit into libc; lab-build makes this one.
cp -a unpacked/usr/lib/locale "$out/lib/"
LC_ALL=C sed -i 's|/usr/lib/locale|/nix/var/locale|g' "$out/lib/libc.so.6"

chmod u+w "$out/lib/ld-linux-x86-64.so.2"
python3 "$patchLdSo" "$out/lib/ld-linux-x86-64.so.2" "$out/lib/"
