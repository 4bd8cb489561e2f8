# Shared by the builders: objects from Debian find everything in the store afterwards.

isElf() {
    [[ $(head -c 4 "$1" | od -An -tx1) == " 7f 45 4c 46" ]]
}

# keepPrivate FILE DIRECTORY LIBRARY...: where FILE needs LIBRARY it gets a copy of its own, under a name
# that satisfies nobody else. For what nixpkgs does not link to: a loaded SONAME would serve every wheel.
keepPrivate() {
    local file="$1" directory="$2" library soname
    shift 2
    mkdir -p "$directory"
    for library in "$@"; do
        soname="${library##*/}"
        if ! patchelf --print-needed "$file" | grep -qxF "$soname"; then continue; fi
        cp -L "$library" "$directory/private-$soname"
        chmod u+w "$directory/private-$soname" "$file"
        patchelf --set-soname "private-$soname" "$directory/private-$soname"
        patchelf --replace-needed "$soname" "private-$soname" "$file"
    done
}

# setRunpath FILE DIRECTORY...: the RUNPATH names just the directories that FILE's needed names are in.
# An unresolved name ends the build: every object must load alone.
setRunpath() {
    local file="$1" needed directory found runpath=
    shift
    for needed in $(patchelf --print-needed "$file"); do
        found=
        for directory in "$@"; do
            if [[ -e $directory/$needed ]]; then found="$directory"; break; fi
        done
        if [[ -z $found ]]; then
            echo "${file##*/} needs $needed, which none of these has: $*" >&2
            return 1
        fi
        case ":$runpath:" in *":$found:"*) ;; *) runpath="${runpath:+$runpath:}$found" ;; esac
    done
    chmod u+w "$file"
    patchelf --set-rpath "$runpath" "$file"
}
