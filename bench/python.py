"""What the Python module costs beside the library: size, time to import, and time around the library's calls.

    python bench/python.py [--wheel dist/despur-*.whl] [--rounds 5]

Prints medians. The library's share is measured inside the same calls, so the ratios hold on a busy machine, too.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

import numpy as np

import despur
from despur import _core


class Inside:
    """Counts the time that a function of the extension takes."""

    def __init__(self, name):
        self.function, self.seconds = getattr(_core, name), 0.0

    def __call__(self, *arguments):
        begun = time.perf_counter()
        try:
            return self.function(*arguments)
        finally:
            self.seconds += time.perf_counter() - begun


def overhead(title, rounds, name, call):
    function = getattr(_core, name)
    whole, within = [], []
    for _ in range(rounds):
        inside = Inside(name)
        setattr(_core, name, inside)
        begun = time.perf_counter()
        call()
        whole.append(time.perf_counter() - begun)
        within.append(inside.seconds)
        setattr(_core, name, function)
    ratio = statistics.median(w / i for w, i in zip(whole, within, strict=True))
    print(f"{title}: {1000 * statistics.median(whole):.1f} ms, {ratio:.3f} times the library's call")


def import_milliseconds(statement, rounds):
    def once():
        program = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
        return 1000 * float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)

    return statistics.median(once() for _ in range(rounds))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheel")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if given.wheel:
        print(f"wheel: {os.path.getsize(given.wheel) / 1e6:.2f} MB")
    numpy_alone = import_milliseconds("import numpy", given.rounds)
    both = import_milliseconds("import numpy; import despur", given.rounds)
    print(f"import: {both - numpy_alone:.1f} ms beyond NumPy's {numpy_alone:.1f} ms")
    random = np.random.default_rng(0)
    rows = 1_000_000
    y = random.integers(0, 2, rows)
    pred = np.where(random.random(rows) < 0.9, y, 1 - y)
    sex = random.integers(0, 2, rows).astype(np.int8)
    overhead(
        "evaluate, 1,000,000 rows", given.rounds, "measure", lambda: despur.evaluate(y, pred, sensitive_features={"sex": sex})
    )
    from despur.cluster import KMeans

    points = random.normal(size=(20_000, 512)).astype(np.float32)
    model = KMeans(8, n_init=1, random_state=0)
    overhead("KMeans.fit, 20,000 x 512", given.rounds, "kmeans", lambda: model.fit(points))


if __name__ == "__main__":
    main()
