"""Times commands that take turns, so that whatever else the machine does strikes all alike."""

import statistics
import subprocess
import time

# The first rounds warm the caches.
_WARM = 2


def medians(contestants, rounds):
    """The median of each contestant's times in milliseconds; one is (arguments, environment)."""
    times = {name: [] for name in contestants}
    for _ in range(_WARM + rounds):
        for name, (arguments, environment) in contestants.items():
            start = time.perf_counter()
            subprocess.run(arguments, env=environment, check=True, stdin=subprocess.DEVNULL)
            times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(measured[_WARM:]) for name, measured in times.items()}
