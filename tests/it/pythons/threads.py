"""Sixteen threads import at once, half of them each wheel."""

import importlib
import threading
from concurrent.futures import ThreadPoolExecutor

together = threading.Barrier(16)


def work(number):
    together.wait()
    return importlib.import_module(("odd", "even")[number % 2])


with ThreadPoolExecutor(16) as pool:
    print(len(list(pool.map(work, range(16)))), "imports")
