#!/usr/bin/env python3
"""Measures points.npy with umap-learn: what tests/unit/test_umap.c compares with.

    make_umap.py tests/golden/points

Needs numpy, scikit-learn and umap-learn; the committed files come from umap-learn 0.5.12. Written are umap_curve.npy
(float64 [9, 4]: min_dist, spread, a, b), umap_graph.npy (float32 [60, 60]: weights of the first 60 points with 10
neighbours) and umap_trustworthiness.npy (float64 [10]: of all points' embeddings with 15 neighbours, seeds 0 to 9,
judged by 10 neighbours).
"""
import sys

import numpy as np
import umap
from sklearn.manifold import trustworthiness
from umap.umap_ import find_ab_params, fuzzy_simplicial_set


def main(folder):
    points = np.load(folder + "/points.npy")
    curves = [(share * spread, spread) for spread in (0.5, 1.0, 3.0) for share in (0.0, 0.1, 0.8)]
    np.save(folder + "/umap_curve.npy", [(least, spread, *find_ab_params(spread, least)) for least, spread in curves])
    few = points[:60]
    assert len(np.unique(few, axis=0)) == 60
    graph = fuzzy_simplicial_set(few, 10, np.random.RandomState(0), "euclidean")[0]
    np.save(folder + "/umap_graph.npy", graph.toarray().astype(np.float32))
    scores = [trustworthiness(points, umap.UMAP(random_state=seed).fit_transform(points), n_neighbors=10)
              for seed in range(10)]
    np.save(folder + "/umap_trustworthiness.npy", scores)
    print(curves, scores)


if __name__ == "__main__":
    main(sys.argv[1])
