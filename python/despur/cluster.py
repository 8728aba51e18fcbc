"""Clustering and embedding as estimators of scikit-learn: the same bytes for any number of threads.

They need scikit-learn. Points are clustered in single precision; float32 arrays are not copied.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, DensityMixin, TransformerMixin
from sklearn.metrics import pairwise_distances_argmin
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from despur import _core
from despur._progress import Listener, listening
from despur._table import features_of, refuse

__all__ = ["UMAP", "GaussianMixture", "KMeans", "KMedoids"]

Points = NDArray[np.float32]


def seed_of(random_state: Any) -> int:
    """A whole number is the seed itself, as for the tool; what scikit-learn takes else draws one."""
    if isinstance(random_state, Integral):
        if random_state < 0:
            raise refuse(f"random_state: expected a seed of at least 0, found {random_state}")
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def threads_of(n_jobs: int | None) -> int:
    """None and -1: all processors that the process may use."""
    if n_jobs is None or n_jobs < 1:
        return _core.processors
    return n_jobs


def readable(X: Any) -> Any:
    """What scikit-learn cannot read itself as an array: tensors, Arrow, DLPack, bfloat16."""
    foreign = hasattr(X, "detach") or getattr(getattr(X, "dtype", None), "name", "") == "bfloat16"
    foreign = foreign or not (hasattr(X, "__array__") or hasattr(X, "__len__"))
    foreign = foreign or (hasattr(X, "__dlpack__") and not hasattr(X, "__array__"))
    return features_of(X, "X") if foreign else X


def points_of(estimator: Any, X: ArrayLike, *, reset: bool) -> Points:
    points: Points = validate_data(estimator, readable(X), dtype=np.float32, order="C", reset=reset)
    return points


def telling(estimator: Any) -> AbstractContextManager[Listener | None]:
    """Who hears of what an estimator does."""
    return listening(listener_of(estimator))


def listener_of(estimator: Any) -> Listener | bool:
    verbose = estimator.verbose
    return verbose if callable(verbose) else bool(verbose)


def check_count(name: str, value: int, samples: int) -> None:
    if value < 1:
        raise refuse(f"{name}: expected at least 1, found {value}")
    if value > samples:
        raise refuse(f"n_samples={samples} should be at least {name}={value}")


def check_at_least(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise refuse(f"{name}: expected at least {least}, found {value}")


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """k-means: k-means++ seeding and Lloyd's algorithm, the best of several starts.

    Each point belongs to its nearest centre, so equal points are never separated. Clusters are numbered by
    falling size.

    Parameters
    ----------
    n_clusters : int
    n_init : int
        Independent starts, of which the best is kept.
    max_iter : int
        Of each start.
    tol : float
        Stop when the centres move, squared and summed, less than this times the mean variance of the
        columns; 0: until no point changes its cluster.
    random_state : int, RandomState or None
        A whole number is the seed that ``despur cluster --seed`` takes.
    n_jobs : int or None
        Threads; None: all processors. The result does not depend on it.
    verbose : int, bool or callable
        Above 0: a line on standard error says how far it is; or what is called with ("progress", a dictionary).

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
    labels_ : ndarray of shape (n_samples,)
    inertia_ : float
        Sum of squared distances to the centres.
    n_iter_ : int
    n_features_in_ : int

    References
    ----------
    Arthur and Vassilvitskii, 2007. "k-means++: the advantages of careful seeding".

    Examples
    --------
    >>> from despur.cluster import KMeans
    >>> KMeans(2, random_state=0).fit([[0.0], [0.1], [5.0], [5.1], [5.2]]).labels_
    array([1, 1, 0, 0, 0])
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_init: int = 10,
        max_iter: int = 300,
        tol: float = 1e-4,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Finds the clusters of ``X`` [n_samples, n_features]; ``y`` is ignored."""
        points = points_of(self, X, reset=True)
        n, d = points.shape
        check_count("n_clusters", self.n_clusters, n)
        check_at_least("n_init", self.n_init, 1)
        check_at_least("max_iter", self.max_iter, 1)
        check_at_least("tol", self.tol, 0)
        labels = np.empty(n, np.uint32)
        self.cluster_centers_ = np.empty((self.n_clusters, d))
        with telling(self) as listener:
            self.inertia_, self.n_iter_ = _core.kmeans(
                points,
                n,
                d,
                labels,
                self.cluster_centers_,
                self.n_clusters,
                self.n_init,
                self.max_iter,
                self.tol,
                seed_of(self.random_state),
                threads_of(self.n_jobs),
                listener,
            )
        self.labels_ = labels.astype(np.int64)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """The nearest centre of each point, the first of equals."""
        check_is_fitted(self)
        points = points_of(self, X, reset=False).astype(np.float64)
        labels: NDArray[np.int64] = pairwise_distances_argmin(points, self.cluster_centers_).astype(np.int64)
        return labels

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Distances to the centres, [n_samples, n_clusters]."""
        check_is_fitted(self)
        points = points_of(self, X, reset=False).astype(np.float64)
        distances: NDArray[np.float64] = euclidean_distances(points, self.cluster_centers_)
        return distances

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Minus the sum of squared distances to the nearest centres."""
        return -float((self.transform(X).min(axis=1) ** 2).sum())

    @property
    def _n_features_out(self) -> int:
        return len(self.cluster_centers_)


class KMedoids(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """k-medoids by FasterPAM: clusters around points of their own, without a matrix of all distances.

    Parameters
    ----------
    n_clusters : int
    metric : {"euclidean", "cosine"}
    n_init : int
        Searches from random medoids, of which the best is kept.
    max_iter : int
        Passes over all points as candidates; 2 to 4 are needed.
    random_state, n_jobs, verbose
        As for `KMeans`.

    Attributes
    ----------
    medoid_indices_ : ndarray of shape (n_clusters,)
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        These points.
    labels_ : ndarray of shape (n_samples,)
    inertia_ : float
        Sum of distances to the medoids.
    n_iter_ : int
        Swaps that were made, at least 1.
    converged_ : bool

    References
    ----------
    Schubert and Rousseeuw, 2021. "Fast and eager k-medoids clustering".

    Examples
    --------
    >>> from despur.cluster import KMedoids
    >>> KMedoids(2, random_state=0).fit([[0.0], [0.1], [5.0], [5.1], [5.2]]).medoid_indices_
    array([3, 1])
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        metric: str = "euclidean",
        n_init: int = 1,
        max_iter: int = 100,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.metric = metric
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Finds the medoids of ``X`` [n_samples, n_features]; ``y`` is ignored."""
        if self.metric not in ("euclidean", "cosine"):
            raise refuse(f"metric: expected 'euclidean' or 'cosine', found {self.metric!r}")
        points = points_of(self, X, reset=True)
        n, d = points.shape
        check_count("n_clusters", self.n_clusters, n)
        check_at_least("n_init", self.n_init, 1)
        check_at_least("max_iter", self.max_iter, 1)
        labels, medoids = np.empty(n, np.uint32), np.empty(self.n_clusters, np.uint32)
        with telling(self) as listener:
            self.inertia_, swaps, self.converged_ = _core.kmedoids(
                points,
                n,
                d,
                labels,
                medoids,
                self.n_clusters,
                int(self.metric == "cosine"),
                self.n_init,
                self.max_iter,
                seed_of(self.random_state),
                threads_of(self.n_jobs),
                listener,
            )
        self.n_iter_ = max(swaps, 1)
        self.medoid_indices_ = medoids.astype(np.int64)
        self.cluster_centers_ = points[self.medoid_indices_]
        self.labels_ = labels.astype(np.int64)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """The nearest medoid of each point, the first of equals."""
        check_is_fitted(self)
        points = points_of(self, X, reset=False).astype(np.float64)
        centres = self.cluster_centers_.astype(np.float64)
        labels: NDArray[np.int64] = pairwise_distances_argmin(points, centres, metric=self.metric).astype(np.int64)
        return labels


class GaussianMixture(DensityMixin, BaseEstimator):  # type: ignore[misc]
    """A mixture of Gaussians by expectation-maximisation from k-means.

    Parameters
    ----------
    n_components : int
    covariance_type : {"full", "diag"}
    tol : float
        Stop when the mean log-likelihood changes by less.
    reg_covar : float
        Added to every variance as a share of its column's variance, so that units do not matter.
    max_iter, n_init : int
    random_state, n_jobs, verbose
        As for `KMeans`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
    whitening_ : ndarray
        W with W covariance W' = 1: lower triangular, of shape (n_components, n_features, n_features); or one
        over the standard deviations, (n_components, n_features).
    converged_ : bool
    n_iter_ : int
    lower_bound_ : float
        The mean log-likelihood of what was fitted.

    References
    ----------
    Dempster, Laird and Rubin, 1977. "Maximum likelihood from incomplete data via the EM algorithm".

    Examples
    --------
    >>> from despur.cluster import GaussianMixture
    >>> mixture = GaussianMixture(2, random_state=0).fit([[0.0], [0.1], [5.0], [5.1], [5.2]])
    >>> mixture.predict([[0.05], [5.05]])
    array([1, 0])
    """

    _COVARIANCES: ClassVar = ("full", "diag")

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Fits the mixture to ``X`` [n_samples, n_features]; ``y`` is ignored."""
        if self.covariance_type not in self._COVARIANCES:
            raise refuse(f"covariance_type: expected 'full' or 'diag', found {self.covariance_type!r}")
        points = points_of(self, X, reset=True)
        n, d = points.shape
        k = self.n_components
        check_count("n_components", k, n)
        check_at_least("n_init", self.n_init, 1)
        check_at_least("max_iter", self.max_iter, 1)
        check_at_least("tol", self.tol, 0)
        labels = np.empty(n, np.uint32)
        self.weights_, self.means_ = np.empty(k), np.empty((k, d))
        self.whitening_ = np.empty((k, d, d) if self.covariance_type == "full" else (k, d))
        with telling(self) as listener:
            self.lower_bound_, self.n_iter_, self.converged_ = _core.mixture_fit(
                points,
                n,
                d,
                labels,
                self.weights_,
                self.means_,
                self.whitening_,
                k,
                self._COVARIANCES.index(self.covariance_type),
                self.n_init,
                self.max_iter,
                self.tol,
                self.reg_covar,
                seed_of(self.random_state),
                threads_of(self.n_jobs),
                listener,
            )
        return self

    def _apply(self, X: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        check_is_fitted(self)
        points = points_of(self, X, reset=False)
        n, k = len(points), len(self.weights_)
        labels, shares, densities = np.empty(n, np.uint32), np.empty((n, k)), np.empty(n)
        _core.mixture_predict(
            points,
            n,
            points.shape[1],
            self.weights_,
            self.means_,
            self.whitening_,
            k,
            self._COVARIANCES.index(self.covariance_type),
            labels,
            shares,
            densities,
            threads_of(self.n_jobs),
        )
        return labels.astype(np.int64), shares, densities

    def fit_predict(self, X: ArrayLike, y: Any = None) -> NDArray[np.int64]:
        """Fits, and the component of each point."""
        return self.fit(X).predict(X)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """The component of largest responsibility."""
        return self._apply(X)[0]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Responsibilities, [n_samples, n_components]."""
        return self._apply(X)[1]

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Logarithms of densities, [n_samples]."""
        return self._apply(X)[2]

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """The mean log-likelihood."""
        return float(self.score_samples(X).mean())


class UMAP(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """UMAP on exact nearest neighbours.

    New points are placed among the fitted ones, each by itself: a place does not depend on the other new
    points, and a point that is equal to a fitted one gets its place.

    Parameters
    ----------
    n_neighbors : int
        Of each point, itself counted; no more than there are points.
    n_components : int
    min_dist : float
        How near points may come to each other in the embedding.
    spread : float
        The scale of the embedding.
    n_epochs : int or None
        None: 200 for more than 10,000 points, else 500.
    random_state, n_jobs, verbose
        As for `KMeans`.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
    n_iter_ : int
        Epochs.

    References
    ----------
    McInnes, Healy and Melville, 2018. arXiv 1802.03426.
    """

    def __init__(
        self,
        n_neighbors: int = 15,
        n_components: int = 2,
        *,
        min_dist: float = 0.1,
        spread: float = 1.0,
        n_epochs: int | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.min_dist = min_dist
        self.spread = spread
        self.n_epochs = n_epochs
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Lays out ``X`` [n_samples, n_features]; ``y`` is ignored."""
        points = points_of(self, X, reset=True)
        self._points = points.copy() if isinstance(X, np.ndarray) and np.may_share_memory(points, X) else points
        n, d = self._points.shape
        if self.n_epochs is not None:
            check_at_least("n_epochs", self.n_epochs, 1)
        check_count("n_components", self.n_components, max(n, self.n_components))
        if n < 2:
            raise refuse(f"expected at least 2 points, found n_samples={n}")
        check_at_least("n_neighbors", self.n_neighbors, 2)
        self._neighbors, self._seed = min(self.n_neighbors, n), seed_of(self.random_state)
        self.embedding_ = np.empty((n, self.n_components), np.float32)
        with telling(self) as listener:
            self._a, self._b, self.n_iter_ = _core.umap_fit(
                self._points,
                n,
                d,
                self.embedding_,
                self.n_components,
                self._neighbors,
                self.n_epochs or 0,
                self.min_dist,
                self.spread,
                self._seed,
                threads_of(self.n_jobs),
                listener,
            )
        return self

    def fit_transform(self, X: ArrayLike, y: Any = None) -> NDArray[np.float32]:
        """Lays out, and the places."""
        return self.fit(X).embedding_

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Places of points among the fitted ones, [n_samples, n_components]."""
        check_is_fitted(self)
        points = points_of(self, X, reset=False)
        out = np.empty((len(points), self.embedding_.shape[1]), np.float32)
        _core.umap_transform(
            self._points,
            self.embedding_,
            len(self._points),
            self._points.shape[1],
            self.embedding_.shape[1],
            self._neighbors,
            self.n_iter_,
            self._a,
            self._b,
            self._seed,
            points,
            len(points),
            out,
            threads_of(self.n_jobs),
        )
        return out

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return int(self.embedding_.shape[1])
