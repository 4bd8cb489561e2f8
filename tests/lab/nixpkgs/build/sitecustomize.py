"""What nixpkgs puts into its python's site-packages: serves the wrappers of withPackages."""

import os
import site
import sys

# Taken from the environment, so that other pythons started from this one do not see them.
packages = os.environ.pop("NIX_PYTHONPATH", None)
if packages:
    for directory in packages.split(":"):
        site.addsitedir(directory)

# A virtual environment made from a wrapper keeps its own executable and prefix.
if sys.prefix == sys.base_prefix:
    executable = os.environ.pop("NIX_PYTHONEXECUTABLE", None)
    prefix = os.environ.pop("NIX_PYTHONPREFIX", None)
    if executable and "PYTHONEXECUTABLE" not in os.environ:
        sys.executable = sys._base_executable = executable
    if prefix:
        sys.prefix = sys.exec_prefix = prefix
        site.PREFIXES.insert(0, prefix)
