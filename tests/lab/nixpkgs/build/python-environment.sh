# python3.withPackages: the interpreter's tree and the packages' as symlinks, and wrapped programs.
PATH=$PATH:/usr/bin

mkdir -p "$out"
for package in $packages; do
    cp --recursive --symbolic-link --no-clobber --no-preserve=mode "$package/." "$out/"
done
# nixpkgs leaves these out: an environment has no setup hook, so it does not touch PYTHONPATH.
rm -rf "$out/nix-support" "$out/bin"

mkdir "$out/bin"
gcc -O1 -DENVIRONMENT="\"$out\"" -DPYTHON="\"$python\"" -DPROGRAM='"python3.11"' -DSITE_PACKAGES="\"$sitePackages\"" \
    -o "$out/bin/python3.11" "$wrapper"
patchelf --set-interpreter "$glibc/lib/ld-linux-x86-64.so.2" "$out/bin/python3.11"
ln -s python3.11 "$out/bin/python3"
ln -s python3.11 "$out/bin/python"
