#!/usr/bin/env python3
"""Writes statistics.h: what SciPy says of the numbers that tests/unit/test_distribution.c and its neighbours try.

    make_statistics.py | clang-format --style=file:.clang-format >tests/golden/statistics.h

The committed file comes from SciPy 1.10.1.
"""
import numpy as np
import scipy
from scipy.stats import binom, norm


def table(declaration, rows):
    print(f"\nstatic const {declaration}[] = {{")
    for row in rows:
        print("    {" + ", ".join(f"{value:.17g}" for value in row) + "},")
    print("};")


def two_sided_interval(x, n, confidence):
    """All p on a fine grid under which a count as unlikely as x, on either side by mid-p tails, is likely enough."""
    counts, kept = np.arange(n + 1), []
    for p in np.arange(1, 20000) / 20000:
        mass = binom.pmf(counts, n, p)
        tail = binom.cdf(counts, n, p) - mass / 2
        extreme = np.minimum(tail, 1 - tail)
        level = extreme[x]
        equal = np.abs(extreme - level) < 1e-9
        if (mass * ((extreme < level) & ~equal)).sum() + (mass * equal).sum() / 2 > 1 - confidence:
            kept.append(p)
    return (0 if x == 0 else kept[0]), (1 if x == n else kept[-1])


print(f"/* Written by make_statistics.py with SciPy {scipy.__version__}. */")
table("struct normal_value { double z, below; } NORMAL_VALUES",
      [(z, norm.cdf(z)) for z in (-37, -10, -3.0000001, -2.9999, -1, -1e-9, 0, .5, 2, 3.1, 8)])
table("struct normal_value NORMAL_QUANTILES",
      [(norm.ppf(p), p) for p in (1e-300, 1e-20, 1e-5, .02425, .025, .3, .5, .975, 1 - 1e-9)])
table("struct binomial_value { size_t x, n; double p, below, equal, above; } BINOMIAL_VALUES",
      [(x, n, p, binom.cdf(x - 1, n, p), binom.pmf(x, n, p), binom.sf(x, n, p))
       for x, n, p in ((0, 1, .3), (0, 10, 1e-9), (3, 10, .2), (10, 10, .999), (990, 1000, .99), (70, 100, .5),
                       (30, 100, .5), (500123, 1000000, .5), (12, 1000000, 1e-5))])
table("struct one_group { size_t x, n; double confidence, low, high; } ONE_GROUP_INTERVALS",
      [(x, n, c, *two_sided_interval(x, n, c))
       for x, n, c in ((0, 10, .95), (1, 10, .95), (7, 10, .9), (124, 375, .95), (399, 400, .99), (50, 50, .95))])
