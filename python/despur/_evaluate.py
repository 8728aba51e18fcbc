"""Measures of predictions."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from despur import _core
from despur._arrow import MISSING, Coded
from despur._evaluation import Evaluation
from despur._table import (
    are_called,
    check_order,
    class_columns,
    class_order,
    codes_of,
    columns_of,
    name_of,
    numbers_of,
    python_words,
    refuse,
    value_name,
    warn_of_order,
    whole_number,
)


def _free_name(wanted: str | None, others: Mapping[str, Any], *defaults: str) -> str:
    for name in (wanted, *defaults):
        if name and name not in others:
            return name
    raise refuse(f"sensitive_features: expected columns not called {', '.join(defaults)}")


_MOST_PARTS = 20  # one whole number up to this is how many parts, to the library


def _cut_words(name: str, at: int | Sequence[float]) -> str:
    """How the library is told: a single edge has a point, or it would be a number of parts."""
    if np.ndim(at) == 0:
        return str(whole_number(at, f"cut: {name!r}: parts", 2, _MOST_PARTS))
    edges = numbers_of(at, f"cut: {name!r}").reshape(-1)
    if not np.isfinite(edges).all():
        raise refuse(f"cut: {name!r}: expected finite numbers")
    return ",".join(f"{edge:.17g}" if len(edges) > 1 else repr(float(edge)) for edge in edges)


def _by(names: Sequence[str], cut: Mapping[str, int | Sequence[float]]) -> str:
    words = []
    for name in names:
        if "," in name and len(names) > 1:
            raise refuse(f"sensitive_features: {name!r}: a name with a comma can only be used alone")
        if name in cut:
            name += ":" + _cut_words(name, cut[name])
        words.append(name)
    return ",".join(words)


def _fraction(value: float | None, what: str) -> float:
    """0 where it is not given."""
    if value is not None and (isinstance(value, (bool, np.bool_)) or not 0 < value <= 1):
        raise refuse(f"{what}: expected a number above 0 and up to 1, found {value!r}")
    return value or 0


@dataclass(slots=True)
class _Frame:
    """Columns on their way into the library, all of one length."""

    columns: list[Any]
    rows: int | None = None

    def add(self, name: str, array: NDArray[Any], what: str, values: list[str] | None = None) -> None:
        if self.rows is None:
            self.rows = len(array)
        if len(array) != self.rows:
            raise refuse(f"{what}: expected {self.rows} rows, as y_true has, found {len(array)}")
        self.columns.append((name, array) if values is None else (name, array, values))


def _add_probabilities(
    frame: _Frame, y_true: ArrayLike, y_prob: ArrayLike, asked: dict[str, object], classes: Sequence[Any] | None, others: Mapping[str, Any]
) -> None:
    """The frame has labels and predictions, and nothing else yet; others: what else there will be."""
    if classes is not None:
        names = [value_name(c, "classes") for c in classes]
    else:
        occurring = (values[k] for _, codes, values in frame.columns for k in np.unique(codes) if k < len(values))
        names = class_order(list(occurring))
    numbers = class_columns(y_prob, names, "y_prob")
    taken = {**others, **{column[0]: None for column in frame.columns}}
    if numbers.ndim == 1 or numbers.shape[1] == 1:
        if classes is not None:
            raise refuse("classes: is for a y_prob with a column for each class; of one column, say positive=")
        asked["score"] = _free_name("score", taken, "y_prob", "probability")
        frame.add(str(asked["score"]), numbers.reshape(-1), "y_prob")
        return
    if classes is None and not are_called(y_prob, names):
        check_order(names, y_true, "y_prob", "(say which: classes=)")
    if len(names) != numbers.shape[1]:
        raise refuse(
            f"y_prob: expected a column for each of the classes {', '.join(names[:10])}, found "
            f"{numbers.shape[1]}" + ("" if classes is not None else " (say which: classes=)")
        )
    free = (s for s in ("prob_", "y_prob_", "y_prob of ") if not any(other.startswith(s) for other in taken))
    start = next(free, None)
    if start is None:
        raise refuse("sensitive_features: expected columns whose names do not begin with prob_ or y_prob")
    for k, name in enumerate(names):
        frame.add(f"{start}{name}", np.ascontiguousarray(numbers[:, k]), "y_prob")
    asked["probabilities"] = start


def evaluate(
    y_true: ArrayLike,
    y_pred: ArrayLike | None = None,
    *,
    sensitive_features: Any = None,
    y_prob: ArrayLike | None = None,
    classes: Sequence[Any] | None = None,
    positive: Any = None,
    threshold: float | None = None,
    ids: ArrayLike | None = None,
    units: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cut: Mapping[str, int | Sequence[float]] | None = None,
    overlapping: bool = False,
    at: float | None = None,
    min_count: int = 0,
    whole_groups: bool = False,
    with_missing: bool = False,
    label: str = "model",
) -> Evaluation:
    """Measures predictions: how good, for whom, how sure. It is ``despur eval --predictions`` of arrays.

    A group is a label with values of the sensitive features, so that a class cannot hide another's errors.
    Rows belong together by their positions. Where indices of pandas say the same rows in another order there is a warning.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        Labels and predictions: numbers, text, truth values or categories, which keep their names. Without
        ``y_pred`` the probabilities say the predictions.
    sensitive_features : array-like, data frame or mapping, optional
        What makes groups: one value a row, or several columns. Without it the groups are the classes.
        Missing values are a group of their own that cannot be the worst.
    y_prob : array-like of shape (n,) or (n, classes), optional
        The probability of the positive one of two classes, or of each.
    classes : sequence, optional
        What the columns of ``y_prob`` are of; else the classes in their order.
    positive : scalar, optional
        The class that rates, and a one-dimensional ``y_prob``, are of: by default 1 or True.
    threshold : float, optional
        Of a one-dimensional ``y_prob``, from which on the positive class is predicted; by default 0.5.
    ids : array-like of shape (n,), optional
        What tells examples apart, for `compare`.
    units : array-like of shape (n,), optional
        What was drawn at random, such as a patient with several rows: intervals and tests, here and in
        `compare` and `check`, then hold for these, not for rows.
    weights : array-like of shape (n,), optional
        How much each row counts, of any scale, such as survey or importance weights: accuracies and rates
        are weighted, and as sure as the effective number of rows says. Rows that weigh nothing are left out.
    cut : mapping, optional
        Numbers among the sensitive features cut into ranges: ``{"age": 4}`` into parts of nearly equal
        size, ``{"age": [18, 65]}`` at these.
    overlapping : bool
        Each sensitive feature says whether a row has something, as a fraction or a truth value; a row is in
        the group of everything that it has.
    at : float, optional
        From which fraction on it does; by default 0.5.
    min_count : int
        Groups with fewer examples cannot be the worst.
    whole_groups : bool
        Groups are what the sensitive features say, not that within each label.
    with_missing : bool
        Groups with missing values can be the worst, too.
    label : str
        What the model is called.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        When lengths differ, values are missing or of a kind that names nothing, or probabilities are none.

    See Also
    --------
    evaluate_file : the same of a table in a file.
    compare : two models on the same examples.

    Examples
    --------
    >>> import despur
    >>> seen = despur.evaluate([1, 1, 0, 0], [1, 0, 0, 0], sensitive_features=["a", "b", "a", "b"])
    >>> seen.worst_group, seen.worst_group_accuracy
    ('y=1,group=b', 0.0)
    >>> seen
    4 examples, 75.0 % right
    worst group: y=1,group=b, 0.0 % (0.0 to 97.4)
    """
    warn_of_order(y_true=y_true, y_pred=y_pred, sensitive_features=sensitive_features, y_prob=y_prob, ids=ids, units=units, weights=weights)
    rows = getattr(y_true, "__len__", lambda: None)()
    if at is not None and not overlapping:
        raise refuse("at: is for overlapping=True")
    if not isinstance(label, str):
        raise refuse(f"label: expected what the model is called, found {label!r}")
    if classes is not None and y_prob is None:
        raise refuse("classes: is for y_prob=, the probability of each")
    if _is_names(sensitive_features) and rows is not None and len(sensitive_features) != rows:
        raise refuse(f"sensitive_features: expected the columns themselves, found names: {sensitive_features!r}")
    features = {} if sensitive_features is None else columns_of(sensitive_features)
    check_cut(cut, features, "sensitive_features")
    frame = _Frame([])
    name = _free_name(name_of(y_true), features, "y", "y_true", "label")
    codes, values = codes_of(y_true, "y_true")
    frame.add(name, codes, "y_true", values)
    asked: dict[str, object] = {
        "label": name,
        "positive": None if positive is None else value_name(positive, "positive"),
        "threshold": _fraction(threshold, "threshold"),
        "at": _fraction(at, "at"),
        "min_count": whole_number(min_count, "min_count"),
        "whole_groups": whole_groups,
        "with_missing": with_missing,
    }
    if y_pred is not None:
        taken = {**features, name: None}
        prediction = _free_name(name_of(y_pred), taken, "prediction", "y_pred", "predicted")
        codes, values = codes_of(y_pred, "y_pred")
        frame.add(prediction, codes, "y_pred", values)
        asked["prediction"] = prediction
    elif y_prob is None:
        raise refuse("expected predictions, y_pred=, or probabilities, y_prob=")
    else:
        asked["from_scores"] = True
    if y_prob is not None:
        _add_probabilities(frame, y_true, y_prob, asked, classes, features)
    for feature, column in features.items():
        codes, values = codes_of(column, f"sensitive_features: {feature!r}")
        frame.add(feature, codes, f"sensitive_features: {feature!r}", values)
    asked["overlapping" if overlapping else "by"] = _by(list(features), cut or {}) if features else None
    if ids is not None:
        codes, values = codes_of(ids, "ids")
        asked["id"] = _free_name("id", {**features, **{column[0]: None for column in frame.columns}}, "example_id", "ids")
        frame.add(str(asked["id"]), codes, "ids", values)
    if units is not None:
        codes, values = codes_of(units, "units")
        taken = {column[0]: None for column in frame.columns}
        asked["unit"] = _free_name(name_of(units), taken, "unit", "units", "drawn")
        frame.add(str(asked["unit"]), codes, "units", values)
    if weights is not None:
        numbers = numbers_of(weights, "weights")
        taken = {column[0]: None for column in frame.columns}
        asked["weight"] = _free_name(name_of(weights), taken, "weight", "weights", "sample_weight")
        frame.add(str(asked["weight"]), numbers, "weights")
    if not features:  # a column that tells nothing apart: groups are the classes
        other = _free_name("group", {column[0]: None for column in frame.columns}, "attribute", "place")
        frame.add(other, np.zeros(frame.rows or 0, np.uint32), "", ["all"])
    with python_words():
        try:
            return Evaluation(_core.measure("arrays", frame.rows or 0, frame.columns, asked, label))
        except _core.InputError as error:
            if "(a probability?" not in str(error):
                raise
            found = re.findall(r"found '(.*?)'", str(error))
            raise refuse(f"y_pred: expected classes, found {found[0]} (probabilities? then y_prob=)") from None


def _is_names(features: Any) -> bool:
    """Whether these look like names of columns of some frame, which is not here."""
    return isinstance(features, str) or (isinstance(features, (list, tuple)) and all(isinstance(f, str) for f in features))


def check_cut(cut: Mapping[str, Any] | None, columns: Mapping[str, Any], what: str) -> None:
    for name in cut or {}:
        if name not in columns:
            there = f"; there are {', '.join(columns)}" if columns else ""
            raise refuse(f"cut: {what} has no column {name!r}{there}")


def cut_columns(features: Any, cut: Mapping[str, int | Sequence[float]] | None, what: str) -> Any:
    """Columns of which some, numbers, are cut into ranges; the ranges have the names that `evaluate` gives them."""
    if not cut:
        return features
    columns = columns_of(features)
    check_cut(cut, columns, what)
    return {name: _ranges(name, column, cut[name]) if name in cut else column for name, column in columns.items()}


def _ranges(name: str, column: Any, at: int | Sequence[float]) -> Coded:
    rows = len(codes_of(column, name)[0])
    nothing = np.zeros(rows, np.int64)
    _cut_words(name, at)  # says what is wrong by the column's own name
    seen = evaluate(nothing, nothing, sensitive_features={"values": column}, cut={"values": at}, whole_groups=True)
    names = [group.name.removeprefix("values=") for group in seen.groups]
    missing = codes_of(column, name)[0] == MISSING
    return Coded(np.where(missing, np.uint32(MISSING), seen.group_of), names, in_order=True)


def evaluate_file(
    path: str | os.PathLike[str],
    *,
    by: str | Sequence[str] | None = None,
    label: str | None = None,
    prediction: str | None = None,
    score: str | None = None,
    probabilities: str | None = None,
    positive: str | None = None,
    threshold: float | None = None,
    split: str | None = None,
    id: str | None = None,
    unit: str | None = None,
    weight: str | None = None,
    overlapping: str | Sequence[str] | None = None,
    at: float | None = None,
    min_count: int = 0,
    whole_groups: bool = False,
    with_missing: bool = False,
    separator: str | None = None,
    comment: str | None = None,
) -> Evaluation:
    """Measures the predictions in a table: CSV, TSV, JSON Lines, an ``.npz`` archive, or a run's directory.

    Parameters
    ----------
    path : path
    by : str or sequence of str, optional
        The columns that make groups, such as ``["sex", "age:4"]``.
    overlapping : str or sequence of str, optional
        In place of ``by``: columns that say whether a row has something, from the number ``at`` on (0.5).
    label, prediction, score, probabilities, positive, split, id, unit, weight : str, optional
        Names of columns, or what these hold, as for ``despur eval``; else they are guessed from usual names.
    threshold, min_count, whole_groups, with_missing
        As for `evaluate`.
    separator, comment : str, optional
        The character between fields, or ``"tab"``; the one that lines to be passed over begin with.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        With file, line and column of what cannot be read.
    """
    given = os.fspath(path)
    if at is not None and overlapping is None:
        raise refuse("at: is for overlapping=")
    for name, columns in (("by", by), ("overlapping", overlapping)):
        if columns is not None and not columns:
            raise refuse(f"{name}: expected names of columns, found none")
    asked: dict[str, object] = {
        "by": by if by is None or isinstance(by, str) else ",".join(by),
        "label": label,
        "prediction": prediction,
        "score": score,
        "from_scores": prediction is None and (score is not None or probabilities is not None),
        "probabilities": probabilities,
        "positive": positive,
        "threshold": _fraction(threshold, "threshold"),
        "split": split,
        "id": id,
        "unit": unit,
        "weight": weight,
        "overlapping": overlapping if overlapping is None or isinstance(overlapping, str) else ",".join(overlapping),
        "at": _fraction(at, "at"),
        "min_count": whole_number(min_count, "min_count"),
        "whole_groups": whole_groups,
        "with_missing": with_missing,
        "separator": separator,
        "comment": comment,
    }
    return read_file(given, asked)


def read_file(path: str, asked: dict[str, object]) -> Evaluation:
    with python_words():
        return Evaluation(_core.read(path, asked, os.path.basename(path.rstrip("/")) or path))
