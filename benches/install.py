"""A venv, made and filled: by venvfix, and by hand."""

import os
import sys

from turns import medians

PROGRAM, ROUNDS = sys.argv[1], int(sys.argv[2])
BY_HAND = "rm -rf bare; python3 -m venv bare && env -u SOURCE_DATE_EPOCH bare/bin/pip install -q --disable-pip-version-check -r requirements.txt"
OWN = f"rm -rf .venv; {PROGRAM} -q sync"

shell = {name: (["bash", "-c", script], {**os.environ}) for name, script in [("by hand", BY_HAND), ("venvfix", OWN)]}
found = medians(shell, ROUNDS)
for name, median in found.items():
    print(f"{name:10} {median:8.0f} ms")
print(f"ratio      {found['venvfix'] / found['by hand']:8.3f}")
