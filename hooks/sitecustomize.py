"""Brings the provider to Pythons that uv starts to build a package: those run the base interpreter.

Written by venvfix; on PYTHONPATH for uv alone. It stands before another sitecustomize (nixpkgs' own),
which is loaded after it.
"""

import importlib.machinery
import importlib.util
import os
import sys


def _load(spec):
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_here = os.path.dirname(__file__)
_provider = os.path.join(_here, "_venvfix.py")
if "_venvfix" not in sys.modules and os.path.exists(_provider):
    _load(importlib.util.spec_from_file_location("_venvfix", _provider))
_others = [path for path in sys.path if os.path.abspath(path) != _here]
_load(importlib.machinery.PathFinder.find_spec("sitecustomize", _others))
