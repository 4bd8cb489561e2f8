# shellcheck shell=sh
# Run by the host's /bin/sh. Copies $programs with the libraries they need; the copies use the
# store's glibc and nothing of the host's. Their libraries are not in lib, where they could be
# taken for something on offer.
PATH=/usr/bin:/bin:/usr/sbin:/sbin
loader=$glibc/lib/ld-linux-x86-64.so.2
mkdir -p "$out/bin" "$out/libexec/lib"

is_elf() {
    [ "$(head -c 4 "$1" | od -An -tx1)" = " 7f 45 4c 46" ]
}

copy_program() {
    target=$(readlink -f "$1")
    if [ "${target##*/}" != "$2" ] && [ -e "$out/bin/${target##*/}" ]; then
        # One program under many names, such as nix-shell for nix.
        ln -s "${target##*/}" "$out/bin/$2"
    elif is_elf "$target"; then
        cp "$target" "$out/bin/$2"
        ldd "$target" | sed -n 's|.* => \(/[^ ]*\) .*|\1|p' >> libraries
        chmod u+w "$out/bin/$2"
        patchelf --set-interpreter "$loader" "$out/bin/$2"
        patchelf --set-rpath "$out/libexec/lib" "$out/bin/$2"
    else
        sed -E "1s:^#! */(usr/)?bin/(env )?(ba|da)?sh:#!$out/bin/bash:" "$target" > "$out/bin/$2"
        chmod +x "$out/bin/$2"
    fi
}

for program in $programs; do
    if path=$(command -v "/usr/bin/${program#\?}" || command -v "/usr/sbin/${program#\?}"); then
        copy_program "$path" "${program#\?}"
    elif [ "${program#\?}" = "$program" ]; then
        echo "the host has no program $program" >&2
        exit 1
    fi
done

sort -u libraries | while read -r library; do
    name=${library##*/}
    # glibc's own come from glibc, by the loader's default directory.
    if [ ! -e "$glibc/lib/$name" ]; then
        cp -L "$library" "$out/libexec/lib/$name"
        chmod u+w "$out/libexec/lib/$name"
        patchelf --set-rpath "$out/libexec/lib" "$out/libexec/lib/$name"
    fi
done
if [ -e "$out/bin/bash" ]; then ln -s bash "$out/bin/sh"; fi
