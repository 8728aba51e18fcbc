#!/usr/bin/env python3
"""Draws a few points and measures them with scikit-learn: what tests/unit/test_silhouette.c and its kin compare with.

    make_points.py tests/golden/points

Needs numpy and scikit-learn; the committed files come from scikit-learn 1.2 in double precision. Written are points.npy
(float32 [180, 6]: four clouds of unequal size, one constant column, one point thrice), labels.npy (the clouds; cloud 4
is one point), silhouettes.npy (float64, one for each point), neighbor_distances.npy (float64 [180, 5], from each
point to its nearest others), axes.npy [5, 6] and variances.npy [5] of the principal components, signs arbitrary, and
trustworthiness.npy (float64 [3]: of the first two columns of the first 60 points, which differ from each
other, as an embedding; by 1, 5 and 10 neighbours).
"""
import sys

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_samples
from sklearn.neighbors import NearestNeighbors


def draw():
    rng = np.random.default_rng(1)
    sizes = [80, 60, 30, 9, 1]
    labels = np.repeat(np.arange(5), sizes)
    centres = rng.normal(0, 2, (5, 6))
    points = centres[labels] + rng.normal(0, 1, (180, 6)) * [1, 2, 0.5, 1, 1, 0]
    points[:, 5] = 3.25
    points[[17, 140]] = points[90]
    order = rng.permutation(180)
    return points[order].astype(np.float32), labels[order]


def main(folder):
    points, labels = draw()
    exact = points.astype(np.float64)
    np.save(folder + "/points.npy", points)
    np.save(folder + "/labels.npy", labels.astype(np.int64))
    np.save(folder + "/silhouettes.npy", silhouette_samples(exact, labels))
    nearest = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(exact)
    np.save(folder + "/neighbor_distances.npy", nearest.kneighbors()[0])
    pca = PCA(n_components=5, svd_solver="full").fit(exact)
    np.save(folder + "/axes.npy", pca.components_)
    np.save(folder + "/variances.npy", pca.explained_variance_)
    few = exact[:60]
    scores = [trustworthiness(few, few[:, :2], n_neighbors=k) for k in (1, 5, 10)]
    np.save(folder + "/trustworthiness.npy", scores)


if __name__ == "__main__":
    main(sys.argv[1])
