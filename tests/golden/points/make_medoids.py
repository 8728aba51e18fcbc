#!/usr/bin/env python3
"""k-medoids of points.npy by the package kmedoids (its authors': Schubert and Lenssen): what tests/unit/test_kmedoids.c
compares with.

    make_medoids.py tests/golden/points

Needs numpy and kmedoids; the committed file comes from kmedoids 0.5. For each distance and 1 to 6 clusters, the least loss
of 200 random starts and its medoids in rising order.
"""
import json
import sys

import kmedoids
import numpy as np


def main():
    folder = sys.argv[1]
    x = np.load(f"{folder}/points.npy").astype(np.float64)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    distances = {"euclidean": np.sqrt(((x[:, None] - x[None]) ** 2).sum(2)), "cosine": 1 - unit @ unit.T}
    expected = []
    for name, d in distances.items():
        for k in range(1, 7):
            best = min((kmedoids.fasterpam(d, k, max_iter=1000, random_state=s) for s in range(200)), key=lambda r: r.loss)
            expected.append({"distance": name, "clusters": k, "loss": float(best.loss),
                             "medoids": sorted(int(m) for m in best.medoids)})
    with open(f"{folder}/medoids.json", "w") as out:
        json.dump(expected, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
