"""Linear classifiers whose worst group counts, as estimators of scikit-learn.

``fit(X, y, groups=...)``: groups tell examples of one label apart; without them the groups are the classes. Parameters
that are not given are chosen by cross-validation over the training examples, by the accuracy of the worst group. With
metadata routing, ``set_fit_request(groups=True, sample_weight=True)`` lets groups and weights through pipelines and
searches.

An example of weight 3 is three examples, to the last bit: equal examples are put together before anything is fitted, so
they are judged in one fold and drawn together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import check_cv
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from despur._progress import Listener
from despur._repair import RULES, Method, fit_head
from despur._repair_data import groups_within
from despur._table import refuse
from despur.cluster import check_at_least, listener_of, points_of, readable, seed_of, threads_of

__all__ = ["AFRClassifier", "DFRClassifier", "GroupBalancedClassifier", "GroupDROClassifier"]

Values = float | Sequence[float] | None

_CALLED = {"pull": "lambda"}


def _values(name: str, given: Values) -> list[float] | None:
    """One value, several to choose from, or the usual ones."""
    if given is None:
        return None
    values = [float(v) for v in (given if isinstance(given, (Sequence, np.ndarray)) else [given])]
    if not values or not all(v > 0 for v in values):
        raise refuse(f"{name}: expected values above 0, found {given!r}")
    return values


def _folds_of(cv: Any, points: NDArray[np.float32], labels: NDArray[Any]) -> NDArray[np.uint32] | None:
    """The fold of each example, from splits or what makes them; None for a number of folds, which are drawn."""
    if isinstance(cv, (int, np.integer)):
        check_at_least("cv", int(cv), 2)
        return None
    fold, tested = np.zeros(len(points), np.uint32), np.zeros(len(points), np.int64)
    for k, (_, test) in enumerate(check_cv(cv).split(points, labels)):
        fold[test] = k
        tested[test] += 1
    if (tested != 1).any():
        raise refuse("cv: expected splits that test each example once, as those of KFold do")
    return fold


def _put_together(
    points: NDArray[np.float32], keys: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64] | None]:
    """Which examples to take and their weights: of equal ones one that weighs as much as all, in an order that is theirs.

    Where none are equal and all weigh alike they stay as they are, and weights are None.
    """
    kept = np.flatnonzero(weights > 0)
    rows = np.concatenate([np.ascontiguousarray(points[kept]).view(np.uint8), keys[kept].view(np.uint8)], axis=1)
    whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1]))).reshape(-1)
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    sums = np.bincount(inverse.reshape(-1), weights[kept]).astype(np.float64)
    if len(first) == len(kept) and (sums == sums[0]).all():
        return kept, None
    return kept[first], sums


class _LastLayer(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What the classifiers share."""

    _METHOD: ClassVar[str]
    _LISTS: ClassVar[tuple[str, ...]]
    _WITH_GROUPS: ClassVar[bool] = True
    select: str
    cv: Any
    random_state: Any
    n_jobs: int | None

    def fit(self, X: ArrayLike, y: ArrayLike, groups: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fits to examples ``X`` [n_samples, n_features] with labels ``y`` and, within labels, ``groups``.

        ``sample_weight`` [n_samples]: as how many examples each counts; those of weight 0 do not.
        """
        points, labels = validate_data(self, readable(X), y, dtype=np.float32, order="C", reset=True)
        check_classification_targets(labels)
        weights = _check_sample_weight(sample_weight, points, dtype=np.float64)
        if (weights < 0).any() or not (weights > 0).any():
            raise refuse("sample_weight: expected no negative values, and some above 0")
        self.classes_, inverse = np.unique(labels, return_inverse=True)
        codes: NDArray[np.uint32] = inverse.reshape(-1).astype(np.uint32)
        if len(self.classes_) < 2:
            raise refuse(f"expected at least 2 classes, found one class: {self.classes_[0]!r}")
        if self.select not in RULES:
            raise refuse(f"select: expected {', '.join(RULES)}, found {self.select!r}")
        folds, cells = _folds_of(self.cv, points, labels), self._cells(codes, groups)
        apart = [column.astype(np.int64) for column in (codes, cells, folds) if column is not None]
        taken, weights = _put_together(points, np.stack(apart, axis=1), weights)
        as_they_are = weights is None and len(taken) == len(points)
        tried = {name: _values(name, getattr(self, name)) for name in self._LISTS}
        asked = {
            "methods": [self._METHOD],
            "rule": RULES.index(self.select),
            "seed": seed_of(self.random_state),
            "folds": self.cv if folds is None else 2,
            "refits": self._refits(),
            "threads": threads_of(self.n_jobs),
            **{_CALLED.get(name, name): values for name, values in tried.items() if values is not None},
        }
        self._take(
            fit_head(
                points if as_they_are else points[taken],
                codes[taken],
                None if cells is None else cells[taken],
                weights,
                None if folds is None else folds[taken],
                asked,
                listener_of(self),
            )
        )
        return self

    def _cells(self, codes: NDArray[np.uint32], groups: Any) -> NDArray[np.uint32] | None:
        """Groups within labels."""
        if groups is None:
            return codes if self._WITH_GROUPS else None
        return groups_within(codes, [str(c) for c in self.classes_], groups).cells

    def _refits(self) -> int:
        return 1

    def _take(self, fitted: Method) -> None:
        assert fitted.weight is not None and fitted.bias is not None
        weight, bias = fitted.weight.astype(np.float64), fitted.bias.astype(np.float64)
        if len(self.classes_) == 2:
            weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
        self.coef_, self.intercept_ = weight, bias
        self.params_ = dict(fitted.parameters)
        self.converged_ = fitted.converged
        self.n_iter_ = 1

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Logits: of the second of two classes, [n_samples]; of more, [n_samples, n_classes]."""
        check_is_fitted(self)
        points = points_of(self, X, reset=False).astype(np.float64)
        # row by row, so that the logits of an example do not depend on the others
        logits: NDArray[np.float64] = np.einsum("ij,kj->ik", points, self.coef_, optimize=False) + self.intercept_
        return logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Logarithms of probabilities, [n_samples, n_classes]."""
        logits = self.decision_function(X)
        if logits.ndim == 1:
            logits = np.stack([np.zeros_like(logits), logits], axis=1)
        shifted = logits - logits.max(axis=1, keepdims=True)
        result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return result

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities, [n_samples, n_classes]. They are those of the weights that fitting used, not calibrated."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most likely class, the first of equals."""
        logits = self.decision_function(X)
        codes = (logits > 0).astype(int) if logits.ndim == 1 else logits.argmax(axis=1)
        predicted: NDArray[Any] = self.classes_[codes]
        return predicted


class GroupBalancedClassifier(_LastLayer):
    """Logistic regression in which every group counts the same.

    Parameters
    ----------
    l2 : float, sequence or None
        Penalty of standardised columns: one, several to choose from, or the usual ones.
    select : {"worst_group", "worst_class", "average"}
        What it is chosen by.
    cv : int, cross-validation generator or iterable of splits
        Folds. A number of them is drawn, with as many of each group; others must test each example once.
    random_state : int, RandomState or None
    n_jobs : int or None
    verbose : int, bool or callable
        As for `despur.cluster.KMeans`.

    Attributes
    ----------
    classes_ : ndarray
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    params_ : dict
        What was chosen.
    converged_ : bool

    Examples
    --------
    >>> import numpy as np
    >>> from despur.linear import GroupBalancedClassifier
    >>> x = np.linspace(-1, 1, 40)[:, None]
    >>> model = GroupBalancedClassifier(l2=0.01, random_state=0).fit(x, x[:, 0] > 0)
    >>> model.predict([[-0.9], [0.9]])
    array([False,  True])
    """

    _METHOD = "balanced"
    _LISTS = ("l2",)

    def __init__(
        self,
        l2: Values = None,
        *,
        select: str = "worst_group",
        cv: Any = 5,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.l2 = l2
        self.select = select
        self.cv = cv
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose


class GroupDROClassifier(GroupBalancedClassifier):
    """Logistic regression in which the largest mean loss of a group is the least that it can be.

    Parameters
    ----------
    l2, select, cv, random_state, n_jobs, verbose
        As for `GroupBalancedClassifier`.

    Attributes
    ----------
    classes_, coef_, intercept_, params_, converged_
        As for `GroupBalancedClassifier`.

    References
    ----------
    Sagawa et al., 2020. "Distributionally robust neural networks for group shifts". arXiv 1911.08731.
    """

    _METHOD = "groupdro"


class DFRClassifier(_LastLayer):
    """Deep feature reweighting: l1 logistic regression on subsets with as many of each group, averaged.

    Parameters
    ----------
    c : float, sequence or None
        Inverse strength of the penalty: one, several to choose from, or the usual ones.
    refits : int
        Subsets.
    select, cv, random_state, n_jobs, verbose
        As for `GroupBalancedClassifier`.

    Attributes
    ----------
    classes_, coef_, intercept_, params_, converged_
        As for `GroupBalancedClassifier`.

    References
    ----------
    Kirichenko et al., 2023. "Last layer re-training is sufficient for robustness to spurious correlations".
    """

    _METHOD = "dfr_train"
    _LISTS = ("c",)

    def __init__(
        self,
        c: Values = None,
        *,
        refits: int = 20,
        select: str = "worst_group",
        cv: Any = 5,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.c = c
        self.refits = refits
        self.select = select
        self.cv = cv
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _refits(self) -> int:
        check_at_least("refits", self.refits, 1)
        return self.refits


class AFRClassifier(_LastLayer):
    """Automatic feature reweighting: what a first head is unsure of counts more; it needs no groups.

    Groups that are given are what parameters are chosen by, and nothing else.

    Parameters
    ----------
    gamma : float, sequence or None
        How much more.
    pull : float, sequence or None
        How strongly the head is pulled to the first one.
    select, cv, random_state, n_jobs, verbose
        As for `GroupBalancedClassifier`.

    Attributes
    ----------
    classes_, coef_, intercept_, params_, converged_
        As for `GroupBalancedClassifier`.

    References
    ----------
    Qiu et al., 2023. "Simple and fast group robustness by automatic feature reweighting".
    """

    _METHOD = "afr"
    _LISTS = ("gamma", "pull")
    _WITH_GROUPS = False

    def __init__(
        self,
        gamma: Values = None,
        pull: Values = None,
        *,
        select: str = "worst_group",
        cv: Any = 5,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool | Listener = 0,
    ) -> None:
        self.gamma = gamma
        self.pull = pull
        self.select = select
        self.cv = cv
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

