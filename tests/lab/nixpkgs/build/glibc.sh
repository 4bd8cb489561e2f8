# shellcheck shell=sh
# Run by the host's /bin/sh. Debian's glibc with libgcc_s beside it, as nixpkgs has it, and with a
# loader that knows no other directory.
PATH=/usr/bin:/bin

mkdir unpacked
for deb in $debs; do dpkg-deb -x "$deb" unpacked; done
mkdir -p "$out/lib"
# A release has them in /lib or in /usr/lib.
for file in unpacked/lib/x86_64-linux-gnu/*.so* unpacked/usr/lib/x86_64-linux-gnu/*.so*; do
    if [ -e "$file" ]; then cp -a "$file" "$out/lib/"; fi
done
ln -s lib "$out/lib64"

# C.UTF-8. A store path would not fit into libc; lab-build makes this one.
cp -a unpacked/usr/lib/locale "$out/lib/"
LC_ALL=C sed -i 's|/usr/lib/locale|/nix/var/locale|g' "$out/lib/libc.so.6"

chmod u+w "$out/lib/ld-linux-x86-64.so.2"
python3 "$patchLdSo" "$out/lib/ld-linux-x86-64.so.2" "$out/lib/"
