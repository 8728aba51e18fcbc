"""Linear classifiers whose worst group counts, as estimators of scikit-learn.

``fit(X, y, groups=...)``: groups tell examples of one label apart; without them the groups are the classes. Parameters
that are not given are chosen by cross-validation over the training examples, by the accuracy of the worst group. With
metadata routing, ``set_fit_request(groups=True)`` lets groups through pipelines and searches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from despur._repair import RULES, Repaired, repair
from despur._table import refuse
from despur.cluster import check_at_least, points_of, readable, seed_of, threads_of

__all__ = ["AFRClassifier", "DFRClassifier", "GroupBalancedClassifier", "GroupDROClassifier"]

Values = float | Sequence[float] | None

_CALLED = {"pull": "lambda_"}  # an estimator's parameter must not end in an underscore


def _values(name: str, given: Values) -> list[float] | None:
    """One value, several to choose from, or the usual ones."""
    if given is None:
        return None
    values = [float(v) for v in (given if isinstance(given, (Sequence, np.ndarray)) else [given])]
    if not values or not all(v > 0 for v in values):
        raise refuse(f"{name}: expected values above 0, found {given!r}")
    return values


class _LastLayer(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What the classifiers share."""

    _METHOD: ClassVar[str]
    _LISTS: ClassVar[tuple[str, ...]]
    _WITH_GROUPS: ClassVar[bool] = True
    select: str
    cv: int
    random_state: Any
    n_jobs: int | None

    def fit(self, X: ArrayLike, y: ArrayLike, groups: Any = None) -> Self:
        """Fits to examples ``X`` [n_samples, n_features] with labels ``y`` and, within labels, ``groups``."""
        points, labels = validate_data(self, readable(X), y, dtype=np.float32, order="C", reset=True)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise refuse(f"expected at least 2 classes, found one class: {self.classes_[0]!r}")
        if self.select not in RULES:
            raise refuse(f"select: expected {', '.join(RULES)}, found {self.select!r}")
        check_at_least("cv", self.cv, 2)
        tried = {name: _values(name, getattr(self, name)) for name in self._LISTS}
        lists: dict[str, Any] = {_CALLED.get(name, name): values for name, values in tried.items() if values is not None}
        if groups is None and self._WITH_GROUPS:
            groups = np.zeros(len(points), np.int64)
        fitted = repair(
            points,
            codes,
            groups=groups,
            splits=np.zeros(len(points), np.int64),
            methods=self._METHOD,
            select=self.select,
            folds=self.cv,
            seed=seed_of(self.random_state),
            threads=threads_of(self.n_jobs),
            progress=False,
            **lists,
            **self._more(),
        )
        self._take(fitted)
        return self

    def _more(self) -> dict[str, Any]:
        return {}

    def _take(self, fitted: Repaired) -> None:
        weight, bias = fitted.weight.astype(np.float64), fitted.bias.astype(np.float64)
        if len(self.classes_) == 2:
            weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
        self.coef_, self.intercept_ = weight, bias
        self.params_ = dict(fitted.best.parameters)
        self.converged_ = fitted.best.converged
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
    cv : int
        Folds.
    random_state : int, RandomState or None
    n_jobs : int or None

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
        cv: int = 5,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.l2 = l2
        self.select = select
        self.cv = cv
        self.random_state = random_state
        self.n_jobs = n_jobs


class GroupDROClassifier(GroupBalancedClassifier):
    """Logistic regression in which the largest mean loss of a group is the least that it can be.

    Parameters
    ----------
    l2, select, cv, random_state, n_jobs
        As for `GroupBalancedClassifier`.

    Attributes
    ----------
    classes_ : ndarray
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    params_ : dict
        What was chosen.
    converged_ : bool

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
    select, cv, random_state, n_jobs
        As for `GroupBalancedClassifier`.

    Attributes
    ----------
    classes_ : ndarray
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    params_ : dict
        What was chosen.
    converged_ : bool

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
        cv: int = 5,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.c = c
        self.refits = refits
        self.select = select
        self.cv = cv
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _more(self) -> dict[str, Any]:
        check_at_least("refits", self.refits, 1)
        return {"refits": self.refits}


class AFRClassifier(_LastLayer):
    """Automatic feature reweighting: what a first head is unsure of counts more; it needs no groups.

    Groups that are given are what parameters are chosen by, and nothing else.

    Parameters
    ----------
    gamma : float, sequence or None
        How much more.
    pull : float, sequence or None
        How strongly the head is pulled to the first one.
    select, cv, random_state, n_jobs
        As for `GroupBalancedClassifier`.

    Attributes
    ----------
    classes_ : ndarray
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    params_ : dict
        What was chosen.
    converged_ : bool

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
        cv: int = 5,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.gamma = gamma
        self.pull = pull
        self.select = select
        self.cv = cv
        self.random_state = random_state
        self.n_jobs = n_jobs

