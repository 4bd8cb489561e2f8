"""Workers of each kind import a wheel that their parent has not."""

import multiprocessing

METHODS = ["spawn", "fork", "forkserver"]


def work(number):
    import odd

    return f"{odd.__version__} {number}"


if __name__ == "__main__":
    for method in METHODS:
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.map(work, range(2)) == ["1.0 0", "1.0 1"]
    print(*METHODS)
