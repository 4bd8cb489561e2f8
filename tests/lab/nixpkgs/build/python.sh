# CPython from Debian's packages, in nixpkgs' layout.
source "$elfTools"

for deb in $debs; do dpkg-deb -x "$deb" unpacked; done
library="$out/lib/python3.11"
modules="$library/lib-dynload"
loader="$glibc/lib/ld-linux-x86-64.so.2"
mkdir -p "$out/bin" "$out/lib" "$out/nix-support" "$library"
cp -a unpacked/usr/lib/python3.11/. "$library/"
cp -a unpacked/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0 "$out/lib/"
ln -s libpython3.11.so.1.0 "$out/lib/libpython3.11.so"
chmod -R u+w "$out"

# ---- Debian's changes to the standard library, undone -----------------------------------------

sed -i "/^            if is_virtual_environment:/,/# this one is deprecated/d; s|dist-packages|site-packages|" "$library/site.py"
sed -i "s|prefix_scheme = 'posix_local'|prefix_scheme = 'posix_prefix'|" "$library/sysconfig.py"
sed -i "s|^_WHEEL_PKG_DIR = .*|_WHEEL_PKG_DIR = '$library/ensurepip/_bundled'|" "$library/ensurepip/__init__.py"
sed -i "s|^    _ensurepip_is_disabled_in_debian_for_system()||" "$library/ensurepip/__init__.py"
# nixpkgs has no ldconfig to ask either.
sed -i "s|/sbin/ldconfig|/no-ldconfig|" "$library/ctypes/util.py"
mkdir -p "$library/ensurepip/_bundled"
cp unpacked/usr/share/python-wheels/{pip,setuptools}-*.whl "$library/ensurepip/_bundled/"
printf '[externally-managed]\nError=This Python comes from the Nix store and cannot be changed.\n' > "$library/EXTERNALLY-MANAGED"
# Its own tests, and modules whose libraries the lab does not have. tkinter without _tkinter is
# what nixpkgs' plain python has.
rm -f "$modules"/_{test,xxtest,tkinter}*.so "$modules"/{nis,ossaudiodev}.*.so "$library/sitecustomize.py"
find "$library" -xtype l -delete

# ---- Programs and modules ---------------------------------------------------------------------

# libpython links zlib and expat. Renamed copies serve it: in nixpkgs neither is in the process
# from the start, and a loaded SONAME would satisfy every wheel that needs it.
mkdir "$out/lib/private"
for original in "$zlib/lib/libz.so.1" "$expat/lib/libexpat.so.1"; do
    soname="${original##*/}"
    cp -L "$original" "$out/lib/private/python-$soname"
    chmod u+w "$out/lib/private/python-$soname"
    patchelf --set-soname "python-$soname" "$out/lib/private/python-$soname"
    patchelf --replace-needed "$soname" "python-$soname" "$out/lib/libpython3.11.so.1.0"
done
setRunpath "$out/lib/libpython3.11.so.1.0" "$out/lib/private" "$glibc/lib"

cp "$binaries/launcher" "$out/bin/python3.11"
chmod u+w "$out/bin/python3.11"
patchelf --set-interpreter "$loader" "$out/bin/python3.11"
setRunpath "$out/bin/python3.11" "$out/lib" "$glibc/lib"
ln -s python3.11 "$out/bin/python3"
ln -s python3.11 "$out/bin/python"

cp "$binaries"/lib-dynload/*.so "$modules/"
# ncurses has Debian's libtinfo under another name.
for module in "$modules"/{readline,_curses,_curses_panel}.*.so; do
    patchelf --replace-needed libtinfo.so.6 libtinfo-private.so.6 "$module"
done
searched=("$out/lib")
for package in $needs; do searched+=("$package/lib"); done
for module in "$modules"/*.so; do setRunpath "$module" "${searched[@]}"; done

# ---- What the package does to a shell ---------------------------------------------------------

mkdir -p "$library/site-packages"
cp "$sitecustomize" "$library/site-packages/sitecustomize.py"
printf '%s' "$setupHook" > "$out/nix-support/setup-hook"
echo "$marker" > "$out/nix-support/marker"
"$out/bin/python3.11" -m compileall -q -j0 "$library"
