"""Load every library of a release by absolute path, each in a process of its own.

usage: load-each-library.py RELEASE

Run by lab-selftest inside the laboratory, with a python of that release. Says which do not load and why.
"""

import ctypes
import glob
import os
import sys


def libraries():
    paths = set(map(os.path.realpath, glob.glob(f"/nix/var/nix/gcroots/lab/{sys.argv[1]}*/lib/*.so*")))
    # glibc's own are in the process already, or, like its loader, are no libraries to load.
    return sorted(path for path in paths if "-glibc-" not in path)


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def loads(path):
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    status = 0
    try:
        ctypes.CDLL(path, mode=os.RTLD_NOW)
    except OSError as error:
        print(error, flush=True)
        status = 1
    os._exit(status)


paths = list(filter(is_elf, libraries()))
failed = sum(not loads(path) for path in paths)
print(f"{len(paths)} libraries, {failed} do not load")
