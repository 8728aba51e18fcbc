"""What the Python module costs beside the library: size, time to import, time around the library's calls; and the estimators beside
scikit-learn's and umap-learn's.

    python bench/python.py [--wheel dist/despur-*.whl] [--rounds 5] [--peers]

The library's share is measured inside the same calls, and peers take turns with despur, so that ratios hold on a busy machine, too.
Times are the least of the rounds. A peer is compared only where its result is as good.
"""

import argparse
import os
import subprocess
import sys
import time

import own_kernels  # noqa: F401  (first)
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
    print(f"{title}: {1000 * min(whole):.1f} ms, {min(whole) / min(within):.3f} times the library's call")


def import_milliseconds(before, statement, rounds):
    def once():
        program = f"import time; {before}; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
        return 1000 * float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)

    return min(once() for _ in range(rounds))


def against(title, rounds, ours, theirs, good):
    """good(ours, theirs): a sentence that says how results compare, or an AssertionError."""
    seconds = {ours: [], theirs: []}
    theirs(), ours()  # what is compiled or loaded at first use
    for _ in range(rounds):
        for side in (theirs, ours):
            begun = time.perf_counter()
            found = side()
            seconds[side].append(time.perf_counter() - begun)
            if side is theirs:
                other = found
    said = good(found, other)
    mine, peers = min(seconds[ours]), min(seconds[theirs])
    print(f"{title}: {1000 * mine:.0f} ms against {1000 * peers:.0f} ms, {peers / mine:.1f} times as fast; {said}", flush=True)


def no_worse(what, mine, theirs, tolerance):
    assert mine <= theirs * (1 + tolerance) if theirs > 0 else mine <= theirs + tolerance, (what, mine, theirs)
    return f"{what} {abs(mine):.6g} against {abs(theirs):.6g}"


def compare_peers(rounds):
    import sklearn
    import umap
    from sklearn import cluster, datasets, mixture
    from sklearn.manifold import trustworthiness

    from despur.cluster import UMAP, GaussianMixture, KMeans

    print(f"scikit-learn {sklearn.__version__}, umap-learn {umap.__version__}, {os.cpu_count()} processors, all threads")
    points = datasets.make_blobs(20_000, 512, centers=4, cluster_std=8, random_state=0)[0].astype(np.float32)
    against(
        "KMeans, 20,000 x 512, 4 clusters, 10 starts",
        rounds,
        lambda: KMeans(4, n_init=10, random_state=0).fit(points).inertia_,
        lambda: cluster.KMeans(4, n_init=10, random_state=0).fit(points).inertia_,
        lambda mine, theirs: no_worse("inertia", mine, theirs, 1e-5),
    )
    points = datasets.make_blobs(20_000, 64, centers=4, cluster_std=3, random_state=0)[0].astype(np.float32)
    against(
        "GaussianMixture, full, 20,000 x 64, 4 components",
        rounds,
        lambda: GaussianMixture(4, random_state=0).fit(points).score(points),
        lambda: mixture.GaussianMixture(4, random_state=0).fit(points).score(points),
        lambda mine, theirs: no_worse("mean log-likelihood", -mine, -theirs, 1e-3),
    )
    points = datasets.make_blobs(5_000, 84, centers=10, cluster_std=4, random_state=0)[0].astype(np.float32)
    few = points[:2000]
    against(
        "UMAP, 5,000 x 84",
        rounds,
        lambda: UMAP(random_state=0).fit(points).embedding_[:2000],
        lambda: umap.UMAP().fit(points).embedding_[:2000],
        lambda mine, theirs: no_worse(
            "1 - trustworthiness", 1 - trustworthiness(few, mine), 1 - trustworthiness(few, theirs), 0.1
        ),
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheel")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", action="store_true", help="only the estimators beside others")
    given = parser.parse_args()
    if given.peers:
        compare_peers(given.rounds)
        return
    if given.wheel:
        print(f"wheel: {os.path.getsize(given.wheel) / 1e6:.2f} MB")
    numpy_alone = import_milliseconds("import sys", "import numpy", given.rounds)
    beyond = import_milliseconds("import numpy", "import despur", given.rounds)
    print(f"import: {beyond:.1f} ms beyond NumPy's {numpy_alone:.1f} ms")
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
