"""What was measured of predictions: how good, for whom, how sure."""

from __future__ import annotations

import copy
import html
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from despur import _core
from despur._plot import HasPlots, Plot, draw_intervals, plots_of
from despur._table import python_words, refuse, value_name

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
        NaN without probabilities; ``auroc`` also with more than two classes. ``brier`` is a sum over classes: of two, twice
        what scikit-learn gives. Weights are not for these: each row counts the same.
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
        return tuple(copy.deepcopy(value)) if isinstance(value, list) else copy.deepcopy(value)

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
        """Of each row that counts (those of weight 0 do not), the index of its group in `groups`."""
        out = np.empty(self.count, np.uint32)
        self._model.groups(out)
        return out

    # ---- rates ----

    @property
    def positive(self) -> str | None:
        """The class that rates are of: the last of two, unless ``evaluate(positive=)`` said another. None where there
        are more classes, of which `rates` asks for one."""
        rates = self._data.get("rates") or []
        return rates[0]["positive"] if len(rates) == 1 else None

    def _part(self, by: str | None, positive: str | None) -> dict[str, Any]:
        rates = self._data.get("rates") or []
        if not rates:
            raise refuse("there are no rates: nothing but labels tells groups apart, or too many classes")
        classes = [one["positive"] for one in rates]
        if positive is None and len(classes) > 1:
            raise refuse(f"rates of which class? Say positive=, one of {classes}")
        wanted = None if positive is None else value_name(positive, "positive")
        if wanted is not None and wanted not in classes:
            raise refuse(f"no class {positive!r} has rates; there are {classes}")
        one = rates[0 if wanted is None else classes.index(wanted)]
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
            Of more than two classes, the one that is positive; of two it is `positive`.

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
        equalised odds. ``by`` and ``positive`` are as for `rates`.
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

    def draw(self, ax: Any) -> Any:
        """Draws the accuracy of every group with its interval, the lowest on top, into axes of matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes

        Returns
        -------
        matplotlib.axes.Axes
        """
        known = sorted((g for g in self._groups if g.count), key=lambda g: g.accuracy)
        values = [[getattr(g, field) for g in known] for field in ("accuracy", "low", "high")]
        return draw_intervals(ax, [g.name for g in known], values, "accuracy, %")

    def to_dict(self, *, calibration_by_group: bool = False) -> dict[str, Any]:
        """Everything that was measured: what ``despur eval --json`` prints.

        Parameters
        ----------
        calibration_by_group : bool
            Calibration within groups of one label, too, where the best predictor looks miscalibrated.
        """
        copied: dict[str, Any] = json.loads(self._model.json(calibration_by_group))
        return copied

    def to_pandas(self) -> pandas.DataFrame:
        """The groups as a data frame, one row each, indexed by their names."""
        import pandas

        fields = ("count", "correct", "accuracy", "low", "high")
        rows = [[getattr(g, f) for f in fields] for g in self._groups]
        index = pandas.Index([g.name for g in self._groups], name="group")
        return pandas.DataFrame(rows, columns=list(fields), index=index)

    def save(
        self, directory: str | os.PathLike[str], *, force: bool = False, calibration_by_group: bool = False
    ) -> str:
        """Leaves what ``despur eval --out`` leaves: ``report.html``, ``results.json``, ``columns.json`` and
        ``manifest.json``.

        Parameters
        ----------
        directory : path
            Created when it is missing.
        force : bool
            Write although something else is there.
        calibration_by_group : bool
            Calibration within groups of one label, too.

        Returns
        -------
        str
            The first sentence of the page.
        """
        return report([self], directory, force=force, calibration_by_group=calibration_by_group)

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


def report(
    evaluations: Sequence[Evaluation],
    directory: str | os.PathLike[str],
    *,
    force: bool = False,
    calibration_by_group: bool = False,
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
    calibration_by_group : bool
        Calibration within groups of one label, too.

    Returns
    -------
    str
        The first sentence of the page.
    """
    with python_words():
        return _core.save([e._model for e in evaluations], os.fspath(directory), None, force, calibration_by_group)
