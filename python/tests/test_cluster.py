"""The estimators are scikit-learn's kind, and find what scikit-learn and the tool find."""

import pickle

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn import cluster, datasets, metrics, mixture
from sklearn.manifold import trustworthiness
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from despur.cluster import UMAP, GaussianMixture, KMeans, KMedoids

ESTIMATORS = [KMeans(3), KMedoids(3), KMedoids(2, metric="cosine"), GaussianMixture(), UMAP(n_epochs=20)]


# Checks that cannot hold, with the reason; all others do.
IMPOSSIBLE = {("cosine", "check_estimators_dtypes"): "its data have a row of zeros, which has no angle to others"}


def checks():
    for estimator in ESTIMATORS:
        name = type(estimator).__name__
        for one, check in estimator_checks_generator(estimator, mark=None):
            reason = IMPOSSIBLE.get((getattr(estimator, "metric", None), check.func.__name__))
            marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
            yield pytest.param(one, check, id=f"{name}-{check.func.__name__}", marks=marks)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def blobs():
    points, labels = datasets.make_blobs(600, 8, centers=4, random_state=1)
    return points.astype(np.float32), labels


def test_kmeans_is_as_good_as_scikit_learns(blobs):
    points, labels = blobs
    ours = KMeans(4, random_state=0).fit(points)
    theirs = cluster.KMeans(4, n_init=10, random_state=0).fit(points)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-5)
    assert metrics.adjusted_rand_score(ours.labels_, theirs.labels_) == 1
    assert (ours.predict(points) == ours.labels_).all()
    assert ours.score(points) == pytest.approx(-ours.inertia_, rel=1e-5)
    sizes = np.bincount(ours.labels_)
    assert (np.diff(sizes) <= 0).all()


def test_results_do_not_depend_on_threads_or_strides(blobs):
    points = blobs[0]
    wanted = KMeans(6, random_state=3, n_jobs=1).fit(points).cluster_centers_
    for other in (points, points.astype(np.float64), np.asfortranarray(points), points[::-1][::-1].tolist()):
        assert (KMeans(6, random_state=3, n_jobs=2).fit(other).cluster_centers_ == wanted).all()


def test_float32_is_not_copied(blobs, monkeypatch):
    from despur import _core

    seen = []
    kmeans = _core.kmeans

    def watch(points, *rest):
        seen.append(points)
        return kmeans(points, *rest)

    monkeypatch.setattr("despur.cluster._core.kmeans", watch)
    KMeans(2).fit(blobs[0])
    assert np.shares_memory(seen[0], blobs[0])


def test_kmedoids_is_a_local_optimum(blobs):
    points = blobs[0][:150]
    for metric in ("euclidean", "cosine"):
        got = KMedoids(4, metric=metric, random_state=0).fit(points)
        far = metrics.pairwise_distances(points.astype(np.float64), metric=metric)
        loss = far[:, got.medoid_indices_].min(axis=1).sum()
        assert got.inertia_ == pytest.approx(loss, rel=1e-5) and got.converged_
        for slot in range(4):
            for candidate in range(150):
                medoids = got.medoid_indices_.copy()
                medoids[slot] = candidate
                assert far[:, medoids].min(axis=1).sum() > loss - 1e-4 * loss
        assert (got.predict(points) == got.labels_).all()


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_mixtures_are_as_likely_as_scikit_learns(blobs, kind):
    points = blobs[0]
    ours = GaussianMixture(4, covariance_type=kind, random_state=0, tol=1e-6).fit(points)
    theirs = mixture.GaussianMixture(4, covariance_type=kind, random_state=0, tol=1e-6).fit(points)
    assert ours.score(points) == pytest.approx(theirs.score(points), abs=1e-3)
    assert ours.predict_proba(points).sum(axis=1) == pytest.approx(1)
    assert ours.lower_bound_ == pytest.approx(ours.score(points), rel=1e-6)


def test_umap_keeps_neighbours(blobs):
    points = blobs[0]
    fitted = UMAP(random_state=0).fit(points)
    assert trustworthiness(points, fitted.embedding_, n_neighbors=5) > 0.8
    assert (fitted.transform(points[:20]) == fitted.embedding_[:20]).all()
    again = pickle.loads(pickle.dumps(fitted))
    new = points[:5] + np.float32(0.01)
    assert (again.transform(new) == fitted.transform(new)).all()
    assert (fitted.transform(new)[2] == fitted.transform(new[2:3])[0]).all()
    mine = np.ascontiguousarray(points, np.float32)
    kept = UMAP(random_state=0).fit(mine)
    mine *= -1
    assert (kept.transform(new) == fitted.transform(new)).all()


def test_they_work_in_pipelines_and_searches(blobs):
    points, labels = blobs
    chain = make_pipeline(StandardScaler(), KMeans(random_state=0))
    search = GridSearchCV(chain, {"kmeans__n_clusters": [2, 4]}, cv=2).fit(points, labels)
    assert search.best_params_ == {"kmeans__n_clusters": 4}
    assert list(KMeans(2).set_output(transform="default").fit(points).get_feature_names_out()) == ["kmeans0", "kmeans1"]


@pytest.mark.parametrize(
    ("estimator", "match"),
    [
        (KMeans(0), "n_clusters: expected at least 1, found 0"),
        (KMeans(9), "n_samples=4 should be at least n_clusters=9"),
        (KMeans(2, tol=-1), "tol: expected at least 0, found -1"),
        (KMeans(2, random_state=-1), "random_state"),
        (KMedoids(2, metric="l1"), "metric: expected 'euclidean' or 'cosine'"),
        (GaussianMixture(2, covariance_type="tied"), "covariance_type"),
        (GaussianMixture(2, reg_covar=0), "regularisation"),
        (UMAP(1), "n_neighbors: expected at least 2"),
    ],
)
def test_options_that_make_no_sense_are_refused(estimator, match):
    with pytest.raises(ValueError, match=match):
        estimator.fit(np.arange(8.0).reshape(4, 2))
