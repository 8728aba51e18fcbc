"""Golden values of tally.h: effective numbers from their definition, one row after the other, and SciPy's Fisher of them.
Usage: make_tally.py > tally.h"""

import math

import numpy as np
from scipy import stats


def effective(w, e):
    p, kish = float(np.average(e, weights=w)), w.sum() ** 2 / (w**2).sum()
    spread = (w**2 * (e - p) ** 2).sum() / w.sum() ** 2
    return p, kish, kish if p in (0, 1) else min(kish, p * (1 - p) / spread)


print("/* Written by make_tally.py. */")
print("static const struct { size_t in, rest; double weights[40]; const char *marks; double share, kish, effective, p; } TALLIES[] = {")
rng = np.random.default_rng(5)
for n_in, n_rest, sigma, rates in ((8, 30, 1, (0.7, 0.2)), (12, 20, 0.5, (0.9, 0.1)), (20, 20, 1.5, (0.5, 0.2)), (10, 25, 0.3, (1, 0.3)), (15, 24, 1, (0.4, 0))):
    w = np.round(np.exp(sigma * rng.normal(size=n_in + n_rest)), 3)
    e = np.concatenate([rng.random(n_in) < rates[0], rng.random(n_rest) < rates[1]])
    (p, kish, n), (p_rest, _, n_rest_alike) = effective(w[:n_in], e[:n_in]), effective(w[n_in:], e[n_in:])
    scaled = np.concatenate([side / side.mean() for side in (w[:n_in], w[n_in:])])  # the rest is not surer than both, for its size
    n_rest_alike = min(n_rest_alike, n_rest * effective(scaled, e)[2] / len(e))
    of, of_rest, marked, marked_rest = (math.floor(x + 0.5) for x in (n, n_rest_alike, p * n, p_rest * n_rest_alike))
    fisher = stats.fisher_exact([[marked, of - marked], [marked_rest, of_rest - marked_rest]], alternative="greater")[1]
    counts = [[e[:n_in].sum(), n_in - e[:n_in].sum()], [e[n_in:].sum(), len(e) - n_in - e[n_in:].sum()]]
    fisher = max(fisher, stats.fisher_exact(counts, alternative="greater")[1])
    marks = "".join("x" if x else "." for x in e)
    print(f'    {{{n_in}, {n_rest}, {{{", ".join(map(str, w))}}}, "{marks}", {float(p)!r}, {float(kish)!r}, {float(n)!r}, {float(fisher)!r}}},')
print("};")
