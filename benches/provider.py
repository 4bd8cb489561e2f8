"""Python in two venvs: with the provider, and bare."""

import os
import sys

from turns import medians

ROUNDS = int(sys.argv[1])
CLEAN = {"PATH": "/bin", "HOME": os.environ["HOME"]}
WITH_PATH = {**CLEAN, "LD_LIBRARY_PATH": os.environ["LIBRARIES"]}

# What is timed, and against what: the same code in a bare venv.
CASES = [
    ("start (-c pass), bare venv", "pass", CLEAN),
    ("import numpy, LD_LIBRARY_PATH", "import numpy", WITH_PATH),
    ("import pandas, LD_LIBRARY_PATH", "import pandas", WITH_PATH),
    ("import QtWidgets, LD_LIBRARY_PATH", "import PyQt6.QtWidgets", WITH_PATH),
]

print(f"{'against':34} {'peer ms':>8} {'ms':>8} {'ratio':>6}")
for name, code, environment in CASES:
    contestants = {
        "peer": (["bare/bin/python", "-c", code], environment),
        "own": ([".venv/bin/python", "-c", code], CLEAN),
    }
    found = medians(contestants, ROUNDS)
    print(f"{name:34} {found['peer']:8.1f} {found['own']:8.1f} {found['own'] / found['peer']:6.3f}")
