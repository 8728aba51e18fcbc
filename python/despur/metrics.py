"""Measures by group as functions of labels and predictions, and as scorers for `cross_validate`.

Examples
--------
>>> from despur.metrics import accuracy_gap, worst_group_accuracy
>>> worst_group_accuracy([1, 1, 0, 0], [1, 0, 0, 0], sensitive_features=["a", "b", "a", "b"])
0.0
>>> accuracy_gap([1, 1, 0, 0], [1, 0, 0, 0], sensitive_features=["a", "b", "a", "b"])
0.75
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from numpy.typing import ArrayLike

from despur._evaluate import evaluate
from despur._table import refuse

__all__ = [
    "accuracy_gap",
    "balanced_group_accuracy",
    "odds_difference",
    "scorer",
    "selection_difference",
    "selection_ratio",
    "worst_class_accuracy",
    "worst_group_accuracy",
]


def worst_group_accuracy(y_true: ArrayLike, y_pred: ArrayLike, *, sensitive_features: Any = None) -> float:
    """The least accuracy of any group: a label with values of the sensitive features; without these, of any class."""
    return float(evaluate(y_true, y_pred, sensitive_features=sensitive_features).worst_group_accuracy)


def balanced_group_accuracy(y_true: ArrayLike, y_pred: ArrayLike, *, sensitive_features: Any = None) -> float:
    """The mean accuracy of the groups, each counted alike; without sensitive features, of the classes."""
    return float(evaluate(y_true, y_pred, sensitive_features=sensitive_features).balanced_group_accuracy)


def worst_class_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """The least accuracy (recall) of any class."""
    return float(evaluate(y_true, y_pred).worst_class_accuracy)


def accuracy_gap(y_true: ArrayLike, y_pred: ArrayLike, *, sensitive_features: Any = None) -> float:
    """How far the worst group is below the average over examples; less is better."""
    seen = evaluate(y_true, y_pred, sensitive_features=sensitive_features)
    return float(seen.average_accuracy - seen.worst_group_accuracy)


def selection_difference(y_true: ArrayLike, y_pred: ArrayLike, *, sensitive_features: Any) -> float:
    """The largest difference of selection rates (demographic parity); less is better. Of two classes only."""
    return evaluate(y_true, y_pred, sensitive_features=sensitive_features).spread("selection").difference


def selection_ratio(y_true: ArrayLike, y_pred: ArrayLike, *, sensitive_features: Any) -> float:
    """The smallest ratio of selection rates; more is better. Of two classes only."""
    return evaluate(y_true, y_pred, sensitive_features=sensitive_features).spread("selection").ratio


def odds_difference(y_true: ArrayLike, y_pred: ArrayLike, *, sensitive_features: Any) -> float:
    """The larger difference of true and of false positive rates (equalised odds); less is better."""
    return evaluate(y_true, y_pred, sensitive_features=sensitive_features).spread("odds").difference


_HIGHER_IS_BETTER: dict[str, tuple[Callable[..., float], bool]] = {
    "worst_group_accuracy": (worst_group_accuracy, True),
    "balanced_group_accuracy": (balanced_group_accuracy, True),
    "accuracy_gap": (accuracy_gap, False),
    "selection_difference": (selection_difference, False),
    "selection_ratio": (selection_ratio, True),
    "odds_difference": (odds_difference, False),
}


class _Predictor(Protocol):
    def predict(self, X: Any) -> ArrayLike: ...


class _ByColumns:
    """Takes the sensitive features out of the rows that are scored."""

    def __init__(self, name: str, by: Sequence[str]) -> None:
        self.name, self.by = name, list(by)

    def __call__(self, estimator: _Predictor, X: Any, y: ArrayLike) -> float:
        missing = [c for c in self.by if not hasattr(X, "columns") or c not in list(X.columns)]
        if missing:
            raise refuse(f"scorer: expected a data frame with the columns {', '.join(missing)}")
        measure, higher = _HIGHER_IS_BETTER[self.name]
        value = measure(y, estimator.predict(X), sensitive_features=X[self.by])
        return value if higher else -value

    def __repr__(self) -> str:
        return f"scorer({self.name!r}, by={self.by!r})"


def scorer(name: str, *, by: Sequence[str] | str | None = None) -> Any:
    """A scorer for `cross_validate`, `GridSearchCV` and their kin; greater is better, so gaps are negative.

    Parameters
    ----------
    name : str
        A function of this module, such as ``"worst_group_accuracy"``.
    by : str or sequence of str, optional
        Columns of ``X``, a data frame, that make the groups. Without it the scorer takes
        ``sensitive_features`` by scikit-learn's metadata routing, where that is enabled.

    Returns
    -------
    callable

    Examples
    --------
    >>> from despur.metrics import scorer
    >>> scorer("worst_group_accuracy", by="sex")
    scorer('worst_group_accuracy', by=['sex'])
    """
    if name not in _HIGHER_IS_BETTER:
        raise refuse(f"there is no measure {name!r}; there are {', '.join(_HIGHER_IS_BETTER)}")
    if by is not None:
        return _ByColumns(name, [by] if isinstance(by, str) else by)
    from sklearn import get_config
    from sklearn.metrics import make_scorer

    measure, higher = _HIGHER_IS_BETTER[name]
    made = make_scorer(measure, greater_is_better=higher)
    return made.set_score_request(sensitive_features=True) if get_config()["enable_metadata_routing"] else made
