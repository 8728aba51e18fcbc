"""Measures of predictions: how good, for whom, how sure."""

from __future__ import annotations

import html
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from despur import _core
from despur._plot import HasPlots, Plot, plots_of
from despur._table import class_order, codes_of, columns_of, name_of, numbers_of, python_words, refuse, value_name

if TYPE_CHECKING:
    import pandas

RATES = ("accuracy", "error", "tpr", "fnr", "fpr", "tnr", "precision", "f1", "selection")
NAN = float("nan")


def number(value: float | None) -> float:
    return NAN if value is None else value


def framed(page: str) -> str:
    """A page for a notebook: a document of its own, so that neither one's style reaches the other."""
    style = "width:100%;height:40em;border:1px solid #8884"
    return f'<iframe sandbox style="{style}" srcdoc="{html.escape(page)}"></iframe>'


@dataclass(frozen=True, slots=True)
class Group:
    """Examples of one group: a label with values of the sensitive features.

    Attributes
    ----------
    name : str
        Such as ``"y=1,sex=Female"``.
    count, correct : int
        Examples, and right predictions of them.
    accuracy, low, high : float
        The share of right ones with Wilson's interval at 95 % confidence; NaN without examples.
    """

    name: str
    count: int
    correct: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with Wilson's interval at 95 % confidence; NaN where there is nothing to take a share of.

    Attributes
    ----------
    value, low, high : float
    of : int
        How many examples the share is of.
    """

    value: float
    low: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class Spread:
    """How far groups are apart in one rate; the intervals hold for all pairs of groups at once.

    Attributes
    ----------
    lowest, highest : str or None
        The groups; None when there are not two that have the rate.
    difference, difference_low, difference_high : float
    ratio, ratio_low, ratio_high : float
        Lowest by highest.
    """

    lowest: str | None
    highest: str | None
    difference: float
    difference_low: float
    difference_high: float
    ratio: float
    ratio_low: float
    ratio_high: float


class Evaluation(HasPlots):
    """What was measured of a model's predictions. Make one with `evaluate` or `evaluate_file`.

    It does not change. Every measure of ``to_dict()`` is an attribute; numbers that do not exist are NaN.

    Attributes
    ----------
    worst_group : str or None
        The group with the least accuracy; the first of equals.
    worst_group_accuracy, worst_group_low, worst_group_high : float
        Its accuracy; the interval takes into account that it is the worst of several.
    average_accuracy, balanced_group_accuracy, worst_class_accuracy : float
        Over examples; the mean over groups; of the worst class.
    calibration_error, brier, log_loss, auroc : float
        NaN without probabilities.
    count, correct : int
    degenerate : dict or None
        Why accuracies by group mean nothing here, if so: a model that always says the same, for example.
    notes : tuple of str
        Sentences that a reader of the numbers should know.
    """

    __slots__ = ("_data", "_groups", "_model")
    _data: dict[str, Any]
    _groups: tuple[Group, ...]
    _model: _core.Model

    def __init__(self, model: _core.Model) -> None:
        object.__setattr__(self, "_model", model)
        object.__setattr__(self, "_data", json.loads(model.json(False)))
        fields = ("count", "correct", "accuracy", "low", "high")
        groups = tuple(
            Group(g["name"], g["count"], g["correct"], *(number(g[f]) for f in fields[2:]))
            for g in self._data["groups"]
        )
        object.__setattr__(self, "_groups", groups)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an evaluation does not change: {name!r} cannot be set")

    def __reduce__(self) -> str:
        raise TypeError("an evaluation cannot be pickled; save(directory) or to_dict() keeps it")

    def __getattr__(self, name: str) -> Any:
        data: dict[str, Any] = object.__getattribute__(self, "_data")
        if name.startswith("_") or name not in data:
            raise AttributeError(f"'Evaluation' object has no attribute {name!r}")
        value = data[name]
        if value is None and name not in ("degenerate", "worst_group", "columns"):
            return NAN
        return tuple(value) if isinstance(value, list) else value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._data})

    # ---- groups ----

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups, in the order of labels and values."""
        return self._groups

    @property
    def by_group(self) -> dict[str, Group]:
        """The groups by their names."""
        return {g.name: g for g in self._groups}

    @property
    def group_of(self) -> NDArray[np.uint32]:
        """Of each row, the index of its group in `groups`."""
        out = np.empty(self.count, np.uint32)
        self._model.groups(out)
        return out

    # ---- rates ----

    def _part(self, by: str | None, positive: str | None) -> dict[str, Any]:
        rates = self._data.get("rates") or []
        if not rates:
            raise refuse("there are no rates: nothing but labels tells groups apart, or too many classes")
        for one in rates:
            if positive is None or one["positive"] == str(positive):
                break
        else:
            raise refuse(f"no class {positive!r} has rates; there are {[r['positive'] for r in rates]}")
        parts = {part["attribute"]: part for part in one["by"]}
        name = by if by is not None else list(parts)[-1] if parts else None
        if name not in parts:
            raise refuse(f"there are no rates by {by!r}; there are: {list(parts)}")
        found: dict[str, Any] = parts[name]
        return found

    def rates(self, rate: str, *, by: str | None = None, positive: str | None = None) -> dict[str, Rate]:
        """A rate of every value of the sensitive features, whatever the label.

        Parameters
        ----------
        rate : str
            One of ``accuracy``, ``error``, ``tpr``, ``fnr``, ``fpr``, ``tnr``, ``precision``, ``f1`` and
            ``selection``.
        by : str, optional
            One of several features, such as ``"sex"``; without it, all together (``"sex x race"``).
        positive : str, optional
            Of more than two classes, the one that is positive.

        Returns
        -------
        dict of str to Rate

        Examples
        --------
        >>> import despur
        >>> seen = despur.evaluate([1, 0, 1, 0], [1, 0, 0, 0], sensitive_features=list("aabb"))
        >>> seen.rates("tpr")["group=b"].value
        0.0
        """
        if rate not in RATES:
            raise refuse(f"there is no rate {rate!r}; there are {', '.join(RATES)}")
        return {
            g["name"]: Rate(
                number(g[rate]["value"]), number(g[rate]["low"]), number(g[rate]["high"]), g[rate]["of"]
            )
            for g in self._part(by, positive)["groups"]
        }

    def spread(self, rate: str, *, by: str | None = None, positive: str | None = None) -> Spread:
        """How far the values of the sensitive features are apart in a rate, or in ``odds``.

        ``spread("selection").difference`` is demographic parity's, ``spread("odds").difference`` that of
        equalised odds.
        """
        spreads = self._part(by, positive).get("spreads", {})
        if rate not in spreads:
            raise refuse(f"there is no rate {rate!r}; there are {', '.join((*RATES, 'odds'))}")
        s = spreads[rate]
        kinds = ("difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high")
        return Spread(s["lowest"], s["highest"], *(number(s[k]) for k in kinds))

    # ---- out ----

    @property
    def plots(self) -> tuple[Plot, ...]:
        """The accuracy of every group, and the charts of its page."""
        return Plot("Accuracy of every group, %", self._model.plot()), *plots_of(self._page())

    def to_dict(self) -> dict[str, Any]:
        """Everything that was measured: what ``despur eval --json`` prints."""
        copied: dict[str, Any] = json.loads(json.dumps(self._data))
        return copied

    def to_pandas(self) -> pandas.DataFrame:
        """The groups as a data frame, one row each, indexed by their names."""
        import pandas

        fields = ("count", "correct", "accuracy", "low", "high")
        rows = [[getattr(g, f) for f in fields] for g in self._groups]
        index = pandas.Index([g.name for g in self._groups], name="group")
        return pandas.DataFrame(rows, columns=list(fields), index=index)

    def save(self, directory: str | os.PathLike[str], *, force: bool = False) -> str:
        """Leaves what ``despur eval --out`` leaves: ``report.html``, ``results.json``, ``columns.json`` and
        ``manifest.json``.

        Parameters
        ----------
        directory : path
            Created when it is missing.
        force : bool
            Write although something else is there.

        Returns
        -------
        str
            The first sentence of the page.
        """
        return report([self], directory, force=force)

    def _repr_html_(self) -> str:
        return framed(self._page())

    def _page(self) -> str:
        with tempfile.TemporaryDirectory() as directory:
            page = os.path.join(directory, "report.html")
            _core.save([self._model], None, page, False, False)
            with open(page, encoding="utf-8") as file:
                return file.read()

    def __repr__(self) -> str:
        d = self._data
        word = "group" if d.get("by_attribute") or "rates" in d else "class"
        lines = [f"{d['count']} examples, {100 * number(d['average_accuracy']):.1f} % right"]
        if d["worst_group"] is not None:
            lines.append(
                f"worst {word}: {d['worst_group']}, {100 * number(d['worst_group_accuracy']):.1f} % "
                f"({100 * number(d['worst_group_low']):.1f} to {100 * number(d['worst_group_high']):.1f})"
            )
        lines += [f"note: {note}" for note in d.get("notes") or ()]
        return "\n".join(lines)


# ---- making one ----


def _free_name(wanted: str | None, others: Mapping[str, Any], *defaults: str) -> str:
    for name in (wanted, *defaults):
        if name and name not in others:
            return name
    raise refuse(f"sensitive_features: expected columns not called {', '.join(defaults)}")


def _by(names: Sequence[str], cut: Mapping[str, int | Sequence[float]]) -> str:
    words = []
    for name in names:
        if "," in name and len(names) > 1:
            raise refuse(f"sensitive_features: {name!r}: a name with a comma can only be used alone")
        if name in cut:
            at = cut[name]
            edges = [at] if isinstance(at, int) else list(at)
            name += ":" + ",".join(f"{edge:.15g}" for edge in edges)
        words.append(name)
    return ",".join(words)


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
    frame: _Frame, y_prob: ArrayLike, asked: dict[str, object], classes: Sequence[Any] | None
) -> None:
    """The frame has labels and predictions, and nothing else yet."""
    numbers = numbers_of(y_prob, "y_prob")
    if numbers.ndim == 1 or numbers.shape[1] == 1:
        frame.add("score", numbers.reshape(-1), "y_prob")
        asked["score"] = "score"
        return
    if classes is not None:
        names = [value_name(c, "classes") for c in classes]
    else:
        occurring = (values[k] for _, codes, values in frame.columns for k in np.unique(codes) if k < len(values))
        names = class_order(list(occurring))
    if len(names) != numbers.shape[1]:
        raise refuse(
            f"y_prob: expected a column for each of the classes {', '.join(names[:10])}, found "
            f"{numbers.shape[1]}" + ("" if classes is not None else " (say which: classes=)")
        )
    for k, name in enumerate(names):
        frame.add(f"prob_{name}", np.ascontiguousarray(numbers[:, k]), "y_prob")
    asked["probabilities"] = "prob_"


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
    Rows belong together by their positions; the index of a data frame is not looked at.

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
    features = {} if sensitive_features is None else columns_of(sensitive_features)
    frame = _Frame([])
    name = _free_name(name_of(y_true), features, "y", "y_true", "label")
    codes, values = codes_of(y_true, "y_true")
    frame.add(name, codes, "y_true", values)
    asked: dict[str, object] = {
        "label": name,
        "positive": None if positive is None else value_name(positive, "positive"),
        "threshold": threshold or 0,
        "at": at or 0,
        "min_count": min_count,
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
        _add_probabilities(frame, y_prob, asked, classes)
    for feature, column in features.items():
        codes, values = codes_of(column, f"sensitive_features: {feature!r}")
        frame.add(feature, codes, f"sensitive_features: {feature!r}", values)
    asked["overlapping" if overlapping else "by"] = _by(list(features), cut or {}) if features else None
    if ids is not None:
        codes, values = codes_of(ids, "ids")
        asked["id"] = _free_name("id", {**features, name: None}, "example_id")
        frame.add(str(asked["id"]), codes, "ids", values)
    if units is not None:
        codes, values = codes_of(units, "units")
        taken = {**features, name: None, str(asked.get("id")): None, str(asked.get("prediction")): None}
        asked["unit"] = _free_name(name_of(units), taken, "unit", "units", "drawn")
        frame.add(str(asked["unit"]), codes, "units", values)
    if weights is not None:
        numbers = numbers_of(weights, "weights")
        taken = {column[0]: None for column in frame.columns}
        asked["weight"] = _free_name(name_of(weights), taken, "weight", "weights", "sample_weight")
        frame.add(str(asked["weight"]), numbers, "weights")
    rows = frame.rows or 0
    if not features:  # a column that tells nothing apart: groups are the classes
        frame.add("group", np.zeros(rows, np.uint32), "", ["all"])
    with python_words():
        return Evaluation(_core.measure("arrays", rows, frame.columns, asked, label))


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

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        With file, line and column of what cannot be read.
    """
    given = os.fspath(path)
    asked: dict[str, object] = {
        "by": by if by is None or isinstance(by, str) else ",".join(by),
        "label": label,
        "prediction": prediction,
        "score": score,
        "from_scores": prediction is None and (score is not None or probabilities is not None),
        "probabilities": probabilities,
        "positive": positive,
        "threshold": threshold or 0,
        "split": split,
        "id": id,
        "unit": unit,
        "weight": weight,
        "overlapping": overlapping if overlapping is None or isinstance(overlapping, str) else ",".join(overlapping),
        "at": at or 0,
        "min_count": min_count,
        "whole_groups": whole_groups,
        "with_missing": with_missing,
    }
    return read_file(given, asked)


def read_file(path: str, asked: dict[str, object]) -> Evaluation:
    with python_words():
        return Evaluation(_core.read(path, asked, os.path.basename(path.rstrip("/")) or path))


def report(
    evaluations: Sequence[Evaluation], directory: str | os.PathLike[str], *, force: bool = False
) -> str:
    """Leaves a page in a directory that sets models side by side, with the numbers as JSON.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Of the same examples.
    directory : path
        Created when it is missing.
    force : bool
        Write although something else is there.

    Returns
    -------
    str
        The first sentence of the page.
    """
    with python_words():
        return _core.save([e._model for e in evaluations], os.fspath(directory), None, force, False)
