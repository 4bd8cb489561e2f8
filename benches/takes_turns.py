"""Times Python in two venvs, turn by turn, and prints medians and their ratio."""

import os
import statistics
import subprocess
import sys
import time

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


def run(python, code, environment):
    start = time.perf_counter()
    subprocess.run([python, "-c", code], env=environment, check=True)
    return (time.perf_counter() - start) * 1000


print(f"{'against':34} {'peer ms':>8} {'ms':>8} {'ratio':>6}")
for name, code, environment in CASES:
    peer, own = [], []
    for _ in range(ROUNDS + 2):
        peer.append(run("bare/bin/python", code, environment))
        own.append(run(".venv/bin/python", code, CLEAN))
    # The first two rounds warm the caches.
    a, b = statistics.median(peer[2:]), statistics.median(own[2:])
    print(f"{name:34} {a:8.1f} {b:8.1f} {b / a:6.3f}")
