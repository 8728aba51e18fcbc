"""Groups that nobody labelled, from what a model trained as usual says of the training examples.

Each takes outputs of such a model (features, probabilities or logits) and the labels, and gives every example a
group. They need scikit-learn. What they find goes to `despur.repair`, to a sampler, or to `despur.evaluate`.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from despur import _core
from despur._progress import Listener
from despur._table import numbers_of, refuse, vector
from despur.cluster import check_at_least, points_of, readable, seed_of, telling, threads_of

__all__ = ["EIIL", "GEORGE", "SPARE"]

NO_GROUP = 2**32 - 1
_SCALES = ("none", "standard", "unit")


def _checked(estimator: Any, X: ArrayLike, y: ArrayLike | None) -> tuple[NDArray[np.float32], NDArray[Any]]:
    """Outputs and labels; without labels all examples are of one class."""
    if y is None:
        points = points_of(estimator, X, reset=True)
        return points, np.zeros(len(points), np.int64)
    points, labels = validate_data(estimator, readable(X), y, dtype=np.float32, order="C", reset=True)
    return points, labels


def minority_of(groups: NDArray[np.int64], labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Which examples are in another than the largest group of their label; the first of equals is the largest."""
    out = np.zeros(len(groups), bool)
    for label in np.unique(labels):
        of = labels == label
        known = groups[of & (groups >= 0)]
        if len(known):
            out[of] = groups[of] != np.bincount(known).argmax()
    return out


class _Clusters(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """What GEORGE and SPARE share: clusters of the outputs, class by class."""

    n_clusters: int | None
    max_clusters: int
    random_state: Any
    n_jobs: int | None

    def _asked(self) -> dict[str, float]:
        raise NotImplementedError

    def fit(self, X: ArrayLike, y: ArrayLike | None = None, *, losses: ArrayLike | None = None) -> Self:
        """Finds groups of the training examples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_outputs)
        y : array-like of shape (n_samples,), optional
            Labels; without them all examples are of one class.
        losses : array-like of shape (n_samples,), optional
            Of the model on each example, where over-clustering takes them into account.
        """
        points, labels = _checked(self, X, y)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if self.n_clusters is not None:
            check_at_least("n_clusters", self.n_clusters, 1)
        else:
            check_at_least("max_clusters", self.max_clusters, 2)
        given = None if losses is None else numbers_of(losses, "losses")
        if given is not None and given.shape != (len(points),):
            raise refuse(f"losses: expected {len(points)} rows of one number, as X has, found shape {given.shape}")
        if given is not None and not np.isfinite(given).all():
            raise refuse("losses: expected finite numbers")
        asked: dict[str, float] = {
            "clusters": self.n_clusters or 0,
            "max_clusters": 0 if self.n_clusters is not None else self.max_clusters,
            "silhouette_sample": 20000,
            "overcluster": 1,
            "overcluster_loss": given is not None,
            "seed": seed_of(self.random_state),
            "threads": threads_of(self.n_jobs),
            **self._asked(),
        }
        if given is not None and not asked["overcluster"] > 1:
            raise refuse("losses: are for over-clustering alone (GEORGE, overcluster of 2 or more)")
        groups = np.empty(len(points), np.uint32)
        numbers, classes = codes.astype(np.uint32), len(self.classes_)
        with telling(self) as listener:
            names, self.silhouettes_, self._grouping = _core.grouping_fit(
                points, len(points), points.shape[1], numbers, classes, given, groups, asked, listener
            )
        self.group_names_ = [self._name(name) for name in names]
        self.labels_ = groups.astype(np.int64)
        self.minority_ = minority_of(self.labels_, codes)
        return self

    def _name(self, name: str) -> str:
        """ "y=1,k=0" with the label in place of its number."""
        label, _, cluster = name.partition(",")
        return f"y={self.classes_[int(label[2:])]},{cluster}"

    def assign(self, X: ArrayLike, y: ArrayLike) -> NDArray[np.int64]:
        """The group of new examples: outputs of the same model, and their labels; -1 for a label never seen."""
        check_is_fitted(self)
        points = points_of(self, X, reset=False)
        labels = vector(y, "y")
        if len(labels) != len(points):
            raise refuse(f"y: expected {len(points)} rows, as X has, found {len(labels)}")
        codes = np.searchsorted(self.classes_, labels)
        codes[codes == len(self.classes_)] = 0
        known = self.classes_[codes] == labels
        groups = np.empty(len(points), np.uint32)
        _core.grouping_assign(
            self._grouping, points, len(points), codes.astype(np.uint32), groups, threads_of(self.n_jobs)
        )
        return np.where(known & (groups != NO_GROUP), groups.astype(np.int64), -1)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes all that it takes to assign new examples, as the tool's ``grouping.safetensors``."""
        check_is_fitted(self)
        _core.grouping_save(self._grouping, os.fspath(path))

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if "_grouping" in state:
            with tempfile.TemporaryDirectory() as directory:
                path = os.path.join(directory, "grouping.safetensors")
                _core.grouping_save(state["_grouping"], path)
                with open(path, "rb") as file:
                    state["_grouping"] = file.read()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_grouping" in state:
            with tempfile.TemporaryDirectory() as directory:
                path = os.path.join(directory, "grouping.safetensors")
                with open(path, "wb") as file:
                    file.write(state["_grouping"])
                self._grouping = _core.grouping_load(path)


class GEORGE(_Clusters):
    """Clusters of a model's features, class by class, the number by silhouettes.

    Gaussian mixtures of UMAP's coordinates of features of length 1, with over-clustering.

    Parameters
    ----------
    n_clusters : int or None
        Of each class; None: the number up to ``max_clusters`` with the best silhouette.
    max_clusters : int
    reduce : {"umap", "pca", "none"}
    n_components, n_neighbors : int
        Of the reduction.
    min_dist : float
        Of UMAP.
    algorithm : {"gmm", "gmm_diagonal", "kmeans", "kmedoids"}
    scale : {"unit", "standard", "none"}
        Of the features.
    overcluster : int
        Parts of each cluster that are tried as clusters of their own; 1: none.
    n_init : int
    random_state : int, RandomState or None
    n_jobs : int or None
    verbose : int, bool or callable
        As for `despur.cluster.KMeans`.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        The group of each training example.
    group_names_ : list of str
        Such as ``"y=0,k=1"``; k=0 is the largest of its label.
    minority_ : ndarray of bool, shape (n_samples,)
        Examples in another than the largest group of their label.
    silhouettes_ : list of float
        Of each class; below about 0.9 clusters are not well separated, as where there is no shortcut.

    References
    ----------
    Sohoni et al., 2020. "No subclass left behind". arXiv 2011.12945.
    """

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        max_clusters: int = 10,
        reduce: str = "umap",
        n_components: int = 2,
        n_neighbors: int = 10,
        min_dist: float = 0.0,
        algorithm: str = "gmm",
        scale: str = "unit",
        overcluster: int = 5,
        n_init: int = 3,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.max_clusters = max_clusters
        self.reduce = reduce
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.algorithm = algorithm
        self.scale = scale
        self.overcluster = overcluster
        self.n_init = n_init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _asked(self) -> dict[str, float]:
        reductions, algorithms = ("none", "pca", "umap"), ("kmeans", "gmm", "gmm_diagonal", "kmedoids")
        for name, value, allowed in (
            ("reduce", self.reduce, reductions),
            ("algorithm", self.algorithm, algorithms),
            ("scale", self.scale, _SCALES),
        ):
            if value not in allowed:
                raise refuse(f"{name}: expected {', '.join(allowed)}, found {value!r}")
        check_at_least("overcluster", self.overcluster, 1)
        check_at_least("n_init", self.n_init, 1)
        check_at_least("n_components", self.n_components, 1)
        check_at_least("n_neighbors", self.n_neighbors, 2)
        return {
            "scale": _SCALES.index(self.scale),
            "reduction": reductions.index(self.reduce),
            "components": self.n_components,
            "neighbors": self.n_neighbors,
            "min_dist": self.min_dist,
            "algorithm": algorithms.index(self.algorithm),
            "score": 1,
            "overcluster": self.overcluster,
            "starts": self.n_init,
        }


class SPARE(_Clusters):
    """k-means of a model's early probabilities, class by class, the number by silhouettes.

    Parameters
    ----------
    n_clusters, max_clusters : int
        As for `GEORGE`.
    n_init : int
    random_state : int, RandomState or None
    n_jobs : int or None
    verbose : int, bool or callable
        As for `despur.cluster.KMeans`.

    Attributes
    ----------
    labels_, group_names_, minority_, silhouettes_
        As for `GEORGE`.

    References
    ----------
    Yang et al., 2024. "Identifying spurious biases early in training through the lens of simplicity bias".

    Examples
    --------
    >>> import numpy as np
    >>> from despur.groups import SPARE
    >>> p = np.repeat([[0.9, 0.1], [0.2, 0.8]], [6, 3], axis=0) + np.linspace(0, 0.01, 9)[:, None]
    >>> SPARE(2, random_state=0).fit(p, np.zeros(9, int)).labels_
    array([0, 0, 0, 0, 0, 0, 1, 1, 1])
    """

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        max_clusters: int = 5,
        n_init: int = 10,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.max_clusters = max_clusters
        self.n_init = n_init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _asked(self) -> dict[str, float]:
        check_at_least("n_init", self.n_init, 1)
        return {"starts": self.n_init}


class EIIL(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Two environments between which a model's logits would have to be scaled differently.

    Parameters
    ----------
    n_steps : int
    learning_rate : float
    per_class : bool
        Two environments for each class; as published, two over all.
    random_state : int, RandomState or None
    n_jobs : int or None
    verbose : int, bool or callable
        As for `despur.cluster.KMeans`.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        The environment of each training example, 1 where the logits of the label fall short; with
        ``per_class`` plus twice the class.

    References
    ----------
    Creager, Jacobsen and Zemel, 2021. "Environment inference for invariant learning". arXiv 2010.07249.
    """

    def __init__(
        self,
        n_steps: int = 20000,
        learning_rate: float = 0.01,
        *,
        per_class: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.n_steps = n_steps
        self.learning_rate = learning_rate
        self.per_class = per_class
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Finds the environments from logits ``X`` [n_samples, n_classes] and labels ``y``.

        Labels are whole numbers that count columns of ``X``, or any values, whose order is that of the columns;
        without labels the largest logit of an example is its label.
        """
        check_at_least("n_steps", self.n_steps, 1)
        logits, labels = _checked(self, X, y)
        if y is None:
            codes = logits.argmax(axis=1)
        else:
            self.classes_, codes = np.unique(labels, return_inverse=True)
        if codes.max() >= logits.shape[1]:
            raise refuse(f"X: expected logits of {codes.max() + 1} classes, found {logits.shape[1]} columns")
        groups = np.empty(len(logits), np.uint32)
        with telling(self) as listener:
            _core.eiil(
                logits,
                len(logits),
                logits.shape[1],
                codes.astype(np.uint32),
                groups,
                self.n_steps,
                self.learning_rate,
                not self.per_class,
                seed_of(self.random_state),
                threads_of(self.n_jobs),
                listener,
            )
        self.labels_ = groups.astype(np.int64)
        return self
