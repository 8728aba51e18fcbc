#!/usr/bin/env python3
"""Last layers by despur and by scikit-learn, alternating in one run.

usage: bench/repair.py [PEER] [--rounds N] [--threads N] [--rows N] [--only dfr,softmax]     (NumPy, scikit-learn)

PEER is build/peer (`ninja -C build peer`). Two pieces of work:

dfr      Deep feature reweighting as its authors do it: l1 logistic regression on a fresh balanced subset for each of 7 strengths,
         then, with the strength that does best by the worst group of held-out examples, on 20 more. Subsets of 4,000 x 2,048,
         two classes; they use scikit-learn's liblinear with its usual tolerance, despur is asked for 1e-6. Both get the same rows.
         A lower objective is better: the mean cross entropy and the l1 term. liblinear penalises the bias, too, which is not
         counted here; with --interception 100 its bias is nearly free, and its objective is to be compared with that.
softmax  ROWS x 512, ten classes, l2, to a certified gap of 1e-6: a pass over the rows (all the time that it took, by the passes)
         against what reading them once takes.

Both sides have the same number of threads; liblinear has one. "busy" are seconds of processors, which others who compute at the same
time change little.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
import warnings

import own_kernels  # noqa: F401  (first)
import numpy as np

STRENGTHS = (1, 0.7, 0.3, 0.1, 0.07, 0.03, 0.01)
REFITS, COLUMNS, GROUP_SIZES, HELD_OUT = 20, 2048, (1000, 1600, 1300, 1000), 400


def features(sizes, seed):
    """Features as of a network: rectified mixtures of 64 directions, of which a few go with the class and more with the attribute."""
    random = np.random.RandomState(seed)
    mix = np.random.RandomState(99).randn(64, COLUMNS) / 8
    group = np.repeat(np.arange(4), sizes)
    y, a = group // 2, group % 2
    z = random.randn(len(group), 64)
    z[:, 0] += 2 * y - 1
    z[:, 1:6] += 0.4 * (2 * y - 1)[:, None]
    z[:, 6] += 2 * (2 * a - 1)
    x = np.maximum(z @ mix + 0.7 * random.randn(len(group), COLUMNS), 0)
    return x, y, group


def objective(weight, bias, x, y, c):
    z = x @ weight + bias
    return np.logaddexp(0, np.where(y == 1, -z, z)).mean() + np.abs(weight).sum() / (c * len(y))


def worst_group(weight, bias, x, y, group):
    right = (x @ weight + bias > 0) == (y == 1)
    return min(right[group == g].mean() for g in range(4))


def draw(random, group):
    least = min(np.bincount(group))
    return np.concatenate([random.permutation(np.flatnonzero(group == g))[:least] for g in range(4)]).astype(np.uint32)


def liblinear(x, y, fits, scaling):
    from sklearn.linear_model import LogisticRegression

    heads, begun, busy = [], time.perf_counter(), time.process_time()
    for rows, c in fits:
        model = LogisticRegression(penalty="l1", C=c, solver="liblinear", intercept_scaling=scaling).fit(x[rows], y[rows])
        heads.append((model.coef_[0], model.intercept_[0]))
    return heads, time.perf_counter() - begun, time.process_time() - busy


def despur(peer, room, shape, fits, l2, classes, tolerance, passes, threads):
    np.array([1 / (c * len(rows)) if c else 0 for rows, c in fits]).tofile(room + "/l1")
    rows = "all"
    if fits[0][0] is not None and len(fits[0][0]) < shape[0]:
        rows = room + "/rows"
        np.concatenate([r for r, _ in fits]).astype(np.uint32).tofile(rows)
    words = [peer, "logistic", room + "/x", *shape, room + "/y", classes, room + "/l1", len(fits), rows, len(fits[0][0]), l2, tolerance,
             passes, threads, room + "/heads"]
    said = json.loads(subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, check=True).stdout)
    return np.fromfile(room + "/heads").reshape(len(fits), -1), said


def dfr(options, room):
    x, y, group = features(GROUP_SIZES, 0)
    held, held_y, held_group = features((HELD_OUT,) * 4, 1)
    mean, spread = x.mean(0), x.std(0)
    x, held = ((x - mean) / spread).astype(np.float32), (held - mean) / spread
    x.tofile(room + "/x")
    y.astype(np.uint32).tofile(room + "/y")
    double = x.astype(float)
    random = np.random.RandomState(2)
    tried = [(draw(random, group), c) for c in STRENGTHS]
    found, _, _ = liblinear(double, y, tried, options.interception)
    chosen = STRENGTHS[int(np.argmax([worst_group(*head, held, held_y, held_group) for head in found]))]
    print("subsets of %d x %d, C = %g is chosen, %d threads" % (len(tried[0][0]), COLUMNS, chosen, options.threads), flush=True)
    parts = {"7 strengths": tried, "20 refits": [(draw(random, group), chosen) for _ in range(REFITS)]}
    for c in STRENGTHS:
        parts["C = %g" % c] = [fit for fit in tried if fit[1] == c]
    print("%-12s %25s %25s %6s %6s   %s" % ("", "scikit-learn s (busy)", "despur s (busy)", "ratio", "(busy)", "objectives, added up; gap"))
    total = {}
    for name, fits in parts.items():
        ours, theirs = [], []
        fits = fits[::-1]  # a path begins where the penalty is strong
        for _ in range(options.rounds):
            heads, wall, busy = liblinear(double, y, fits, options.interception)
            theirs.append((wall, busy))
            mine, said = despur(options.peer, room, x.shape, fits, 0, 2, 1e-6, 10000, options.threads)
            ours.append((said["seconds"], said["processor"]))
        sums = [sum(objective(h[0], h[1], double[r], y[r], c) for h, (r, c) in zip(heads, fits)),
                sum(objective(h[:-1], h[-1], double[r], y[r], c) for h, (r, c) in zip(mine, fits))]
        worse = max(objective(h[:-1], h[-1], double[r], y[r], c) / objective(g[0], g[1], double[r], y[r], c) - 1
                    for h, g, (r, c) in zip(mine, heads, fits))
        medians = [statistics.median(v) for v in (*zip(*theirs), *zip(*ours))]
        total[name] = medians
        print("%-12s %16.2f (%6.2f) %16.2f (%6.2f) %6.2f (%4.2f)   %.6f and %.6f, at most %+.1e; %.1e" % (
            name, *medians, *(statistics.median(t[i] / o[i] for t, o in zip(theirs, ours)) for i in (0, 1)), *sums, worse, said["gap"]), flush=True)
    both = [total["7 strengths"][i] + total["20 refits"][i] for i in range(4)]
    print("%-12s %16.2f (%6.2f) %16.2f (%6.2f) %6.2f (%4.2f)" % ("together", *both, both[0] / both[2], both[1] / both[3]))


def bandwidth(peer, size, threads):
    """Bytes a second of so many readers at once."""
    readers = [subprocess.Popen([peer, "bandwidth", str(size // threads)], stdout=subprocess.PIPE) for _ in range(threads)]
    return sum(json.loads(reader.communicate()[0])["rate"] for reader in readers)


def softmax(options, room):
    columns, classes = 512, 10
    random = np.random.RandomState(0)
    centres = random.randn(classes, columns).astype(np.float32) * 0.15
    y = random.randint(classes, size=options.rows)
    with open(room + "/x", "wb") as out:
        for at in range(0, options.rows, 10000):
            part = y[at:at + 10000]
            (random.randn(len(part), columns).astype(np.float32) + centres[part]).tofile(out)
    y.astype(np.uint32).tofile(room + "/y")
    for threads in sorted({1, options.threads}):
        ratios = []
        for _ in range(options.rounds):
            rate = bandwidth(options.peer, min(options.rows * columns * 4, 1 << 30), threads)
            fits = [(range(options.rows), 0)]
            _, said = despur(options.peer, room, (options.rows, columns), fits, 0.01, classes, 1e-6, 10000, threads)
            reading = options.rows * columns * 4 / rate
            a_pass = said["processor"] / said["passes"] / threads
            ratios.append(a_pass / reading)
        print("%d x %d, %d classes, %d threads: %d passes to a gap of %.1e, %.3f s of each processor a pass, of which reading the rows is "
              "%.3f s: %.2f times that (%.2f to %.2f)" % (options.rows, columns, classes, threads, said["passes"], said["gap"], a_pass, reading,
                                                          statistics.median(ratios), min(ratios), max(ratios)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", nargs="?", default="build/peer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--interception", type=float, default=1.0)
    parser.add_argument("--only", default="dfr,softmax")
    options = parser.parse_args()
    options.peer = os.path.abspath(options.peer)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as room:
        for name, work in (("dfr", dfr), ("softmax", softmax)):
            if name in options.only.split(","):
                work(options, room)


main()
