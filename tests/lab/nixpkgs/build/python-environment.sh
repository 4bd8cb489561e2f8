# python3.withPackages: the interpreter's tree and the packages' as symlinks, and wrapped programs.
mkdir -p "$out"
for package in $packages; do
    cp --recursive --symbolic-link --no-clobber --no-preserve=mode "$package/." "$out/"
done
# nixpkgs leaves these out: an environment has no setup hook, so it does not touch PYTHONPATH.
rm -rf "${out:?}/nix-support" "${out:?}/bin"

mkdir -p "$out/bin" "$out/libexec"
ln -s "$python/bin/$libPrefix" "$out/libexec/$libPrefix"
cp "$binaries/wrapper" "$out/bin/$libPrefix"
chmod u+w "$out/bin/$libPrefix"
patchelf --set-interpreter "$glibc/lib/ld-linux-x86-64.so.2" "$out/bin/$libPrefix"
ln -s "$libPrefix" "$out/bin/python3"
ln -s "$libPrefix" "$out/bin/python"
