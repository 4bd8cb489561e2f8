"""Times commands that take turns, so that whatever else the machine does strikes all alike."""

import statistics
import subprocess
import time

# The first rounds warm the caches.
_WARM = 2


def medians(contestants, rounds, fine=None):
    """The median of each contestant's times in milliseconds; one is (arguments, environment).

    With the exit codes that are fine, what it prints is thrown away; without, only 0 is.
    """
    output = subprocess.DEVNULL if fine else None
    times = {name: [] for name in contestants}
    for _ in range(_WARM + rounds):
        for name, (arguments, environment) in contestants.items():
            start = time.perf_counter()
            ended = subprocess.run(arguments, env=environment, stdin=subprocess.DEVNULL, stdout=output)
            times[name].append((time.perf_counter() - start) * 1000)
            if ended.returncode not in (fine or (0,)):
                ended.check_returncode()
    return {name: statistics.median(measured[_WARM:]) for name, measured in times.items()}
