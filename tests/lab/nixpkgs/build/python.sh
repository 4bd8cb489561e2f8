# CPython from Debian's packages, in nixpkgs' layout.
source "$elfTools"

for deb in $debs; do dpkg-deb -x "$deb" unpacked; done
library="$out/lib/$libPrefix"
modules="$library/lib-dynload"
loader="$glibc/lib/ld-linux-x86-64.so.2"
mkdir -p "$out/bin" "$out/lib" "$out/nix-support" "$library"
cp -a "unpacked/usr/lib/$libPrefix/." "$library/"
cp -a "unpacked/usr/lib/x86_64-linux-gnu/lib$libPrefix.so.1.0" "$out/lib/"
ln -s "lib$libPrefix.so.1.0" "$out/lib/lib$libPrefix.so"
chmod -R u+w "$out"

# ---- Debian's changes to the standard library, undone -----------------------------------------

# edit FILE EXPRESSION: by sed, and it must change something.
edit() {
    local before
    before=$(sha256sum < "$library/$1")
    sed -i "$2" "$library/$1"
    if [[ $(sha256sum < "$library/$1") == "$before" ]]; then echo "$1 has nothing for $2" >&2; exit 1; fi
}
# A module until 3.12, a package since.
sysconfig=sysconfig.py
if [[ -d $library/sysconfig ]]; then sysconfig=sysconfig/__init__.py; fi
bundled="$library/ensurepip/_bundled"
edit site.py "/^            if is_virtual_environment:/,/# this one is deprecated/d"
edit site.py "s|dist-packages|site-packages|"
edit "$sysconfig" "s|prefix_scheme = 'posix_local'|prefix_scheme = 'posix_prefix'|"
edit ensurepip/__init__.py "s|sysconfig.get_config_var('WHEEL_PKG_DIR')|'$bundled'|"
edit ensurepip/__init__.py "s|^    _ensurepip_is_disabled_in_debian_for_system()||"
# nixpkgs has no ldconfig to ask either.
edit ctypes/util.py "s|/sbin/ldconfig|/no-ldconfig|"
mkdir -p "$bundled"
# setuptools too, until 3.11.
cp unpacked/usr/share/python-wheels/*.whl "$bundled/"
printf '[externally-managed]\nError=This Python comes from the Nix store and cannot be changed.\n' > "$library/EXTERNALLY-MANAGED"
# Its own tests, and modules whose libraries the lab does not have. tkinter without _tkinter is
# what nixpkgs' plain python has.
rm -f "$modules"/_{test,xxtest,tkinter}*.so "$modules"/{nis,ossaudiodev}.*.so "$library/sitecustomize.py"
find "$library" -xtype l -delete

# ---- Programs and modules ---------------------------------------------------------------------

# In nixpkgs none of these is in the process from the start. 3.15 links the last.
keepPrivate "$out/lib/lib$libPrefix.so.1.0" "$out/lib/private" \
    "$zlib/lib/libz.so.1" "$expat/lib/libexpat.so.1" "$zstd/lib/libzstd.so.1"
setRunpath "$out/lib/lib$libPrefix.so.1.0" "$out/lib/private" "$glibc/lib"

cp "$binaries/launcher" "$out/bin/$libPrefix"
chmod u+w "$out/bin/$libPrefix"
patchelf --set-interpreter "$loader" "$out/bin/$libPrefix"
setRunpath "$out/bin/$libPrefix" "$out/lib" "$glibc/lib"
ln -s "$libPrefix" "$out/bin/python3"
ln -s "$libPrefix" "$out/bin/python"

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
"$out/bin/$libPrefix" -m compileall -q -j0 "$library"
