"""Make Debian's ld.so search one directory of its own and read no cache, as nixpkgs' glibc does.

usage: patch-ld-so.py LD_SO DIRECTORY/

glibc has its default directories compiled in: their names, one after the other, a table of their
lengths, and code that walks both. gcc unrolls the first step of that walk, so the first length
and the second name's address are also constants in the code. Everything is edited in place;
whatever is not found exactly as often as expected ends the build.
"""

import re
import struct
import sys

DEBIAN_DIRECTORIES = [b"/lib/x86_64-linux-gnu/", b"/usr/lib/x86_64-linux-gnu/", b"/lib/", b"/usr/lib/"]
CACHE = b"/etc/ld.so.cache\0"
NO_CACHE = b"/no/ld.so.cache\0\0"


def substitute(data, pattern, replacement, count, what):
    data, found = re.subn(pattern, replacement, data, flags=re.DOTALL)
    if found != count:
        sys.exit(f"patch-ld-so: {what}: found {found} times, not {count}")
    return data


def names(directories):
    return b"".join(directory + b"\0" for directory in directories)


def lengths(directories):
    return struct.pack("<4Q", *map(len, directories))


def patch(data, directory):
    # The loop always takes four; the root directory holds no libraries.
    directories = [directory, b"/", b"/", b"/"]
    room = len(names(DEBIAN_DIRECTORIES))
    if len(names(directories)) > room:
        sys.exit(f"patch-ld-so: no room for {directory.decode()}")

    table = data.index(names(DEBIAN_DIRECTORIES), data.index(lengths(DEBIAN_DIRECTORIES)))
    old_second = table + len(DEBIAN_DIRECTORIES[0]) + 1
    new_second = table + len(directory) + 1

    def move_second(match):
        # lea displacement(%rip): relative to the end of the instruction. File offsets of code and
        # constants are their addresses in ld.so.
        end = match.end()
        if end + struct.unpack("<i", match[2])[0] != old_second:
            return match[0]
        moved.append(end)
        return match[1] + struct.pack("<i", new_second - end)

    moved = []
    data = re.sub(rb"([\x48\x4c]\x8d[\x05\x0d\x15\x1d\x25\x2d\x35\x3d])(....)", move_second, data, flags=re.DOTALL)
    if len(moved) != 1:
        sys.exit(f"patch-ld-so: second directory's address: found {len(moved)} times, not 1")

    def constant(number):
        return re.escape(struct.pack("<I", number))

    new_length = struct.pack("<I", len(directory))
    first, longest = len(DEBIAN_DIRECTORIES[0]), max(map(len, DEBIAN_DIRECTORIES))
    # movq $first, 0x20(register): dirnamelen of the first search directory.
    data = substitute(data, rb"(\x49\xc7[\x40-\x47]\x20)" + constant(first),
                      lambda match: match[1] + new_length, 1, "length of the first directory")
    # movq $longest, max_dirnamelen(%rip)
    data = substitute(data, rb"(\x48\xc7\x05....)" + constant(longest),
                      lambda match: match[1] + new_length, 1, "length of the longest directory")
    data = substitute(data, re.escape(lengths(DEBIAN_DIRECTORIES)),
                      lambda _: lengths(directories), 1, "table of lengths")
    data = substitute(data, re.escape(names(DEBIAN_DIRECTORIES)),
                      lambda _: names(directories).ljust(room, b"\0"), 2, "names of the directories")
    return substitute(data, re.escape(CACHE), lambda _: NO_CACHE, 1, "name of the cache")


def main():
    path, directory = sys.argv[1:]
    with open(path, "r+b") as file:
        patched = patch(file.read(), directory.encode())
        file.seek(0)
        file.write(patched)


main()
