"""Answers a failed load of a shared library with the library that the Nix shell offers.

Written by venvfix, which replaces it on the next shell entry. An interpreter from the Nix store
looks in no system directory, so a wheel that needs libstdc++.so.6 cannot be imported. When a load
fails for the want of a library that _venvfix.libraries knows, that library is opened by its path
and the load is tried again: the loader then matches it by its SONAME. Nothing is set that a child
process would see, but for the variables that a package of _OPENS needs.
"""

import sys
from _frozen_importlib_external import ExtensionFileLoader, PathFinder

# Packages whose C code opens libraries itself, where no failure can be answered: on the first
# import of a module, these paths are opened and these variables set.
_OPENS = {}

# No process needs more libraries than this for one load; it only bounds a loop.
_MOST_TRIES = 64

_HINT = "venvfix doctor names all libraries that are missing, and the packages that have them"

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


_warned = set()


def _warn(text):
    if text in _warned:
        return
    _warned.add(text)
    try:
        sys.stderr.write(f"venvfix: {text}\n")
    except Exception:
        pass


def _path_for(error, answered):
    """The offered library that would cure this failure, unless it was tried already."""
    # dlerror says "NAME: ..." and translates the rest.
    try:
        name, colon, _ = str(error).partition(": ")
    except Exception:
        return None
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
                _hint(error)
                raise


def _hint(error):
    """Adds to the traceback of a missing library who knows more (PEP 678)."""
    try:
        name = str(error).partition(": ")[0]
    except Exception:
        return
    if ".so" in name and "/" not in name and hasattr(error, "add_note"):
        if _HINT not in getattr(error, "__notes__", ()):
            error.add_note(_HINT)


def _open(path, answered):
    try:
        if _dlopen is None:
            import _ctypes  # _wrap_ctypes runs meanwhile
        # RTLD_NOW | RTLD_LOCAL: a name is matched whatever its scope, and no symbol leaks.
        _with_libraries(lambda: _dlopen(path, 2), answered)
        return True
    except (ImportError, OSError) as error:
        _warn(f"could not open {path}: {error}; enter the Nix shell again")
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


def _wrap_find_library(module):
    """ctypes.util.find_library asks ldconfig and a compiler; here neither knows anything."""
    find = module.find_library

    def find_library(name):
        return find(name) or _named(name)

    module.find_library = find_library


def _named(name):
    """The SONAME of an offered library by its linker name: magic -> libmagic.so.1."""
    stem = f"lib{name}.so"
    names = (known for known in _libraries() if known == stem or known.startswith(stem + "."))
    return min(names, key=len, default=None)


class _Finder:
    """Finds nothing: it is told of each import, and acts on a few before they go on."""

    def find_spec(self, name, path=None, target=None):
        if name == "ctypes.util":
            return self._ctypes_util(path)
        opens = _OPENS.pop(name, None)
        if opens:
            _prepare(*opens)
        return None

    def _ctypes_util(self, path):
        spec = PathFinder.find_spec("ctypes.util", path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                _wrap_find_library(module)

            spec.loader.exec_module = exec_module
        return spec


def _prepare(paths, variables):
    for path in paths:
        _open(path, set())
    if variables:
        import os

        for name, value in variables:
            os.environ.setdefault(name, value)


_wrap_loader()
sys.meta_path.insert(0, _Finder())
