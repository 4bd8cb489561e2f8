# Unpacks $debs and keeps their shared libraries. They go to the lib output, or to out.
source "$elfTools"

mkdir unpacked
for deb in $debs; do dpkg-deb -x "$deb" unpacked; done

for output in $outputs; do mkdir -p "${!output}"; done
libraries="${lib:-$out}/lib"
mkdir -p "$libraries"
for folder in . $folders; do
    for file in unpacked/{,usr/}lib/x86_64-linux-gnu/"$folder"/*.so*; do
        if [[ -f $file ]]; then cp -a "$file" "$libraries/"; fi
    done
done
eval "$postInstall"

searched=("$libraries" "$libraries/private")
for package in $needs; do searched+=("$package/lib"); done
for file in "$libraries"/*.so*; do
    if [[ ! -e $file ]]; then echo "$file is a link to nowhere" >&2; exit 1; fi
    if [[ ! -L $file ]] && isElf "$file"; then setRunpath "$file" "${searched[@]}"; fi
done

# What a shell sees of a library is its dev output, and that names the rest, as in nixpkgs.
if [[ -n ${dev:-} ]]; then
    mkdir -p "$dev/include" "$dev/nix-support"
    rest=
    for output in $outputs; do
        if [[ $output != dev ]]; then rest+=" ${!output}"; fi
    done
    echo "$rest $propagates" > "$dev/nix-support/propagated-build-inputs"
fi
