#!/usr/bin/env python3
"""Fits Gaussian mixtures with scikit-learn: what tests/unit/test_mixture.c compares with.

    make_mixture.py tests/golden/mixture/expected.json

The points follow a formula that the test knows too. Needs numpy and scikit-learn; the committed file comes from
scikit-learn 1.9. Written are, for full and diagonal covariances and two to four components, the best of 50 fits: its
mean log-likelihood, weights, means and covariances by falling number of points, and the log densities of PROBES. Columns
are standardised for the fit and models turned back, so that scikit-learn's regularisation, too, is a share of each
column's variance.
"""
import json
import sys

import numpy as np
from sklearn.mixture import GaussianMixture

N, D = 240, 3
PROBES = [[0, 0, 0], [10, -10, 10], [1.5, 2.5, -0.5]]


def points():
    """Point i belongs to blob i % 4; each value is a sum of eight draws of a linear congruential generator."""
    state, x = 1, np.zeros((N, D), np.float32)
    for i in range(N):
        blob = (0, 0, 1, 2)[i % 4]
        for j in range(D):
            total = 0
            for _ in range(8):
                state = (state * 1664525 + 1013904223) % 2**32
                total += state >> 24
            x[i, j] = (total - 1020) / 256 * (1 + (blob + j) % 3) + 6 * blob * (-1) ** j
        x[i, 1] += x[i, 0] * 0.5
    return x


def main():
    x, expected = points().astype(np.float64), []
    mean, std = x.mean(0), x.std(0)
    scaled, probes = (x - mean) / std, (np.array(PROBES, float) - mean) / std
    density = -np.log(std).sum()  # of the points as they are, beside that of scaled ones
    for kind in ("full", "diag"):
        unit = np.outer(std, std) if kind == "full" else std**2
        for k in (2, 3, 4):
            m = GaussianMixture(k, covariance_type=kind, n_init=50, max_iter=20000, tol=1e-13, random_state=0).fit(scaled)
            labels = m.predict(scaled).tolist()
            order = sorted(range(k), key=lambda c: (-labels.count(c), labels.index(c)))
            expected.append({"covariance": kind, "components": k, "log_likelihood": m.score(scaled) + density,
                             "weights": m.weights_[order].tolist(), "means": (m.means_[order] * std + mean).tolist(),
                             "covariances": (m.covariances_[order] * unit).tolist(),
                             "log_densities": (m.score_samples(probes) + density).tolist()})
    with open(sys.argv[1], "w") as out:
        json.dump(expected, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
