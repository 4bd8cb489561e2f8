"""Answers a failed load of a shared library with the library that the Nix shell offers.

Written by venvfix, which replaces it on the next shell entry. An interpreter from the Nix store
looks in no system directory, so a wheel that needs libstdc++.so.6 cannot be imported. When a load
fails for the want of a library that _venvfix.libraries knows, that library is opened by its path
and the load is tried again: the loader then matches it by its SONAME. No variable is set, so a
child process sees nothing of it.
"""

import sys
from _frozen_importlib_external import ExtensionFileLoader

# No process needs more libraries than this for one load; it only bounds a loop.
_MOST_TRIES = 64

_map_path = __file__.rpartition("/")[0] + "/_venvfix.libraries"
_map = None
_dlopen = None


def _libraries():
    """The map from SONAME to path, read when first needed."""
    global _map
    if _map is None:
        found = {}
        try:
            with open(_map_path, encoding="utf-8") as lines:
                for line in lines:
                    name, _, path = line.rstrip("\n").partition("\t")
                    found[name] = path
        except (OSError, ValueError) as error:
            _warn(f"could not read {_map_path}: {error}")
        _map = found
    return _map


def _warn(text):
    try:
        sys.stderr.write(f"venvfix: {text}\n")
    except Exception:
        pass


def _path_for(error, answered):
    """The offered library that would cure this failure, unless it was tried already."""
    # dlerror says "NAME: ..." and translates the rest.
    name, colon, _ = str(error).partition(": ")
    if not colon or "/" in name or name in answered or len(answered) == _MOST_TRIES:
        return None
    answered.add(name)
    return _libraries().get(name)


def _with_libraries(load, answered):
    """Calls load() until it works, opening each time the library that its failure names."""
    while True:
        try:
            return load()
        except (ImportError, OSError) as error:
            path = _path_for(error, answered)
            if path is None or not _open(path, answered):
                raise


def _open(path, answered):
    try:
        if _dlopen is None:
            import _ctypes  # _wrap_ctypes runs meanwhile
        # RTLD_NOW | RTLD_LOCAL: a name is matched whatever its scope, and no symbol leaks.
        _with_libraries(lambda: _dlopen(path, 2), answered)
        return True
    except (ImportError, OSError) as error:
        _warn(f"could not open {path}: {error}")
        return False


def _wrap_loader():
    create, execute = ExtensionFileLoader.create_module, ExtensionFileLoader.exec_module

    def create_module(self, spec):
        return _with_libraries(lambda: create(self, spec), set())

    def exec_module(self, module):
        execute(self, module)
        if module.__name__ == "_ctypes":
            _wrap_ctypes(module)

    ExtensionFileLoader.create_module = create_module
    ExtensionFileLoader.exec_module = exec_module


def _wrap_ctypes(module):
    """ctypes opens every library by this function."""
    global _dlopen
    _dlopen = module.dlopen

    def dlopen(name, flag=2):
        return _with_libraries(lambda: _dlopen(name, flag), set())

    module.dlopen = dlopen


_wrap_loader()
