"""doctor on a large venv, and programs that look at the same files."""

import os
import shutil
import subprocess
import sys
import tempfile
import time

from turns import medians

PROGRAM, VENV, KEPT, ROUNDS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
# As outside of any shell.
CLEAN = {name: os.environ[name] for name in ("HOME", "PATH", "TERM") if name in os.environ}


def is_object(path):
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        head = file.read(18)
    return head[:4] == b"\x7fELF" and head[16:17] in (b"\2", b"\3")


def once(arguments):
    """Milliseconds, exit code, lines of output and peak memory in MB of one run."""
    with tempfile.NamedTemporaryFile("r") as peak:
        measure = ["time", "-q", "-f", "%M", "-o", peak.name] if shutil.which("time") else []
        start = time.perf_counter()
        ended = subprocess.run([*measure, *arguments], env=CLEAN, capture_output=True, stdin=subprocess.DEVNULL)
        taken = (time.perf_counter() - start) * 1000
        return taken, ended.returncode, ended.stdout.count(b"\n"), int(peak.read() or 0) / 1024


doctor = [PROGRAM, "doctor", "--loader", "nix", "--format", "json"]
turns = {
    "find -type f": ["find", VENV, "-type", "f"],
    "doctor": [*doctor, VENV],
    "doctor, scan kept": [*doctor, KEPT],
}
objects = [os.path.join(folder, name) for folder, _, names in os.walk(VENV) for name in names]
objects = [path for path in objects if is_object(path)]
in_one_call = {"scanelf": ["scanelf", "-qRn", VENV], "libtree": ["libtree", *objects], "lddtree": ["lddtree", *objects]}
peaks = {}

found = medians({name: (arguments, CLEAN) for name, arguments in turns.items()}, ROUNDS, (0, 1))
for name, arguments in turns.items():
    peaks[name] = once(arguments)[-1]
for name, arguments in in_one_call.items():
    if shutil.which(name) is None:
        print(f"{name} is not installed: left out")
        continue
    taken, code, lines, peak = once(arguments)
    # One that ends before it looked is no measure. That something is missing is an error for some.
    if code != 0 and lines < len(objects):
        print(f"{name} failed: left out")
        continue
    found[name], peaks[name] = taken, peak
runs = [once(["ldd", path]) for path in objects]
found["ldd"], peaks["ldd"] = sum(run[0] for run in runs), max(run[-1] for run in runs)

print(f"{len(objects)} objects; medians of {ROUNDS} for find and doctor, one run for the others")
print(f"{'':20} {'ms':>9} {'doctor is':>10} {'kept is':>10} {'peak MB':>8}")
for name, taken in found.items():
    without, kept = found["doctor"] / taken, found["doctor, scan kept"] / taken
    print(f"{name:20} {taken:9.1f} {without:10.4f} {kept:10.4f} {peaks[name]:8.1f}")
