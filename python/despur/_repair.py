"""A better last layer."""

from __future__ import annotations

import difflib
import html
import inspect
import json
import os
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from despur import _core
from despur._evaluation import framed
from despur._plot import HasPlots
from despur._progress import Listener, listening
from despur._repair_data import (
    Codes,
    Floats,
    Grouping,
    Groups,
    drawn_splits,
    grouping_of,
    head_back,
    head_before,
    label_codes,
    split_codes,
    unit_codes,
    weights_of,
)
from despur._table import (
    MISSING,
    changed,
    features_of,
    id_texts,
    name_of,
    numbers_of,
    python_words,
    refuse,
    warn_of_order,
    whole_number,
)

if TYPE_CHECKING:
    import pandas

PathLike = str | os.PathLike[str]

METHODS = _core.last_layers
RULES = ("worst_group", "worst_class", "average")
_LISTS = ("l2", "c", "mix", "gamma", "lambda_", "scale", "diversity")


@dataclass(frozen=True, slots=True)
class DialPoint:
    """A head between the old one (position 0) and the best one (1), measured on validation examples.

    All intervals of a dial hold together at 95 % confidence.
    """

    position: float
    average: float
    average_low: float
    average_high: float
    worst: float
    worst_low: float
    worst_high: float
    loss: float
    loss_low: float
    loss_high: float
    weight: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Method:
    """One way to fit the last layer.

    Attributes
    ----------
    name, label : str
    skipped : str or None
        Why it was not fitted; the rest is empty then.
    parameters : dict
        Those that were chosen.
    worst_group, worst_class, average : float
        Accuracies on the examples that it was chosen by.
    optimism : float
        By how much ``worst_group`` is too high for having been chosen.
    candidates : tuple of dict
        Everything that was tried.
    converged : bool
    gap : float
        Largest relative distance of its optima from what the dual problem allows.
    weight, bias : ndarray
    """

    name: str
    label: str
    skipped: str | None
    parameters: dict[str, float]
    worst_group: float
    worst_class: float
    average: float
    optimism: float
    candidates: tuple[dict[str, Any], ...]
    converged: bool
    gap: float
    weight: Floats | None
    bias: Floats | None


class _Kept:
    """What it takes to write a repair down; it does not survive pickling, for it holds the features."""

    __slots__ = ("checksum", "features", "repair", "view")

    def __init__(self, repair: Any = None, view: dict[str, Any] | None = None, features: NDArray[np.float32] | None = None) -> None:
        self.repair, self.view, self.features = repair, view or {}, features
        self.checksum = self._sum()

    def _sum(self) -> int:
        return 0 if self.features is None else zlib.crc32(self.features.data)

    def check(self) -> None:
        """The features are the caller's, and are not copied."""
        if self._sum() != self.checksum:
            raise refuse("the features have changed since they were repaired with: what would be written is of others")

    def __reduce__(self) -> tuple[type[_Kept], tuple[()]]:
        return _Kept, ()


@dataclass(frozen=True, slots=True)
class Repaired(HasPlots):
    """A last layer that was fitted again.

    Attributes
    ----------
    head : Linear, tuple or None
        What came in with the new numbers: a PyTorch layer, or weights and biases; these without a head.
    weight : ndarray of float32, shape (classes, columns)
    bias : ndarray of float32, shape (classes,)
    classes : tuple
        Of labels, in the order of the outputs.
    group_names : tuple of str
        Such as ``"y=1,group=b"``.
    best : Method
        Chosen by the rule, worst groups less their optimism.
    methods : tuple of Method
        All that were asked for.
    before : dict
        Accuracies of the old head, or of one that knows no groups.
    dial : tuple of DialPoint
        Heads between the old one and the new one.
    position : float
        Of the head on the dial: 1, or less where an average was asked for.
    test : ndarray of bool
        The examples that nothing has looked at.
    caution : str or None
        What is not known since groups were given and nobody has checked them.
    notes : tuple of str
        Sentences that a reader of the numbers should know: optima that are not certain, groups without training examples.
    """

    head: Any
    weight: Floats
    bias: Floats
    classes: tuple[Any, ...]
    group_names: tuple[str, ...]
    best: Method
    methods: tuple[Method, ...]
    before: dict[str, Any]
    dial: tuple[DialPoint, ...]
    position: float
    test: NDArray[np.bool_]
    caution: str | None
    notes: tuple[str, ...]
    _kept: _Kept = field(default_factory=_Kept, repr=False, compare=False)

    def decision_function(self, features: ArrayLike) -> NDArray[np.float64]:
        """Logits [n, classes]."""
        x = np.asarray(features, np.float64)
        logits: NDArray[np.float64] = x @ self.weight.T.astype(np.float64) + self.bias
        return logits

    def predict(self, features: ArrayLike) -> NDArray[Any]:
        """The class with the largest logit, the first of equals."""
        predicted: NDArray[Any] = np.asarray(self.classes)[self.decision_function(features).argmax(axis=1)]
        return predicted

    def to_dict(self) -> dict[str, Any]:
        """The methods with what was chosen, without their numbers."""
        fields = ("name", "label", "skipped", "parameters", "worst_group", "worst_class", "average", "optimism")
        before = {k: v for k, v in self.before.items() if k not in ("weight", "bias")}
        methods = [{f: getattr(m, f) for f in fields} for m in self.methods]
        said = {"position": self.position, "caution": self.caution, "notes": list(self.notes)}
        return {"best": self.best.name, **said, "before": before, "methods": methods}

    def to_pandas(self) -> pandas.DataFrame:
        """The methods, one row each."""
        import pandas

        return pandas.DataFrame(self.to_dict()["methods"]).set_index("name")

    def save(
        self, directory: PathLike, *, patch: PathLike | None = None, force: bool = False
    ) -> str:
        """Leaves what ``despur repair --out`` leaves: ``head.safetensors``, ``head.npz``, ``changes.csv``,
        ``results.json``, a page, what was asked for, and a manifest.

        This looks at the test examples.

        Parameters
        ----------
        directory : path
            Created when it is missing.
        patch : path, optional
            A model, ``FILE`` or ``FILE:NAME``, of which a copy with the new layer is left there, too; ``head=`` must have
            come from a file.
        force : bool
            Write although something else is there.

        Returns
        -------
        str
            What the intervals on the test examples allow to say, and what they cannot.
        """
        if self._kept.repair is None:
            raise refuse("a repair that was pickled has left its features behind: save it where it was made")
        self._kept.check()
        if patch is not None and self._kept.view["head"] is None:
            raise refuse("patch: goes with head='FILE:NAME', which says what is exchanged")
        view = {**self._kept.view, "force": int(force), "patch": None if patch is None else os.fspath(patch)}
        with python_words():
            said = _core.repair_write(self._kept.repair, os.fspath(directory), view)
        return " ".join(filter(None, said))

    def draw(self, ax: Any) -> Any:
        """Draws the dial into axes of matplotlib: average and worst group, with intervals, from the old head (0) to the new one.

        Parameters
        ----------
        ax : matplotlib.axes.Axes

        Returns
        -------
        matplotlib.axes.Axes
        """
        at = [100 * p.position for p in self.dial]
        for kind, label in (("average", "average"), ("worst", "worst group")):
            middle, low, high = ([100 * getattr(p, kind + end) for p in self.dial] for end in ("", "_low", "_high"))
            ax.plot(at, middle, label=label)
            ax.fill_between(at, low, high, alpha=0.2)
        ax.set_xlabel("old head (0) to repaired (100)")
        ax.set_ylabel("accuracy on validation, %")
        ax.legend()
        return ax

    def _page(self) -> str:
        with tempfile.TemporaryDirectory() as directory:
            self.save(directory)
            return Path(directory, "report.html").read_text(encoding="utf-8")

    def _repr_html_(self) -> str:
        if self._kept.repair is None or not self.test.any():  # nothing to measure it by
            return f"<pre>{html.escape(repr(self))}</pre>"
        return framed(self._page())

    def __repr__(self) -> str:
        m = self.best
        was, now = 100 * self.before["worst_group"], 100 * (m.worst_group - m.optimism)
        first = f"{m.label}: worst group {was:.1f} % -> {now:.1f} %, less what choosing adds"
        return "\n".join([first, *filter(None, [self.caution]), *(f"note: {note}" for note in self.notes)])


# ---- fitting ----


def _method(found: Mapping[str, Any], shape: tuple[int, int]) -> Method:
    if "skipped" in found:
        nan = float("nan")
        return Method(found["name"], found["label"], found["skipped"], {}, nan, nan, nan, nan, (), False, nan, None, None)
    chosen = found["candidates"][found["chosen"]]
    return Method(
        found["name"],
        found["label"],
        None,
        chosen["parameters"],
        chosen["worst_group"],
        chosen["worst_class"],
        chosen["average"],
        found["optimism"],
        tuple(found["candidates"]),
        found["converged"],
        found["gap"],
        np.frombuffer(found["weight"], np.float32).reshape(shape),
        np.frombuffer(found["bias"], np.float32),
    )


def fit_head(
    x: Floats,
    codes: NDArray[np.uint32],
    cells: NDArray[np.uint32] | None,
    weights: NDArray[np.float64] | None,
    fold_of: NDArray[np.uint32] | None,
    asked: Mapping[str, Any],
    progress: Listener | bool | None,
) -> Method:
    """One method on training examples alone. ``weights``: as how many examples each counts; ``fold_of``: the fold that
    it is judged in, else they are drawn."""
    classes, groups, folds_count = (
        0 if a is None else int(a[a != MISSING].max(initial=0)) + 1 for a in (codes, cells, fold_of)
    )
    data = {
        **_sizes(x, classes),
        "features": x,
        "labels": codes,
        "splits": np.zeros(len(x), np.uint32),
        "groups": cells,
        "groups_count": groups,
        "weights": weights,
        "folds": fold_of,
        "folds_count": folds_count,
    }
    with python_words(), listening(progress) as listener:
        found, _, _ = _core.repair(data, {**asked, "head_only": 1}, listener)
    return _method(found["methods"][0], (classes, x.shape[1]))


def _sizes(x: Floats, classes: int) -> dict[str, int]:
    return {"rows": len(x), "columns": x.shape[1], "classes": classes}


def _point(found: dict[str, Any], shape: tuple[int, int]) -> DialPoint:
    weight = np.frombuffer(found.pop("weight"), np.float32).reshape(shape)
    return DialPoint(weight=weight, bias=np.frombuffer(found.pop("bias"), np.float32), **found)


def _config_of(asked: Mapping[str, Any], select: str) -> str:
    """What was asked for as YAML, of which JSON is a part; threads change nothing."""
    words = {**asked, "select": select}
    said = [f"{key}: {json.dumps(value)}" for key, value in words.items() if key not in ("rule", "threads")]
    return "\n".join(["# despur.repair", *said, ""])


# ---- what there is to say of it ----

_GIVEN = "The groups were given and may be wrong: what others gain or lose is not known."


def _gain_by_given(best: Method, before: Mapping[str, Any]) -> bool:
    return bool(best.worst_group - best.optimism > before["worst_group"])


def _divided(units: Codes | None, split: Codes) -> str | None:
    """Splits that came from elsewhere may divide units."""
    if units is None:
        return None
    count = int(units.max()) + 1
    divided = int((np.bincount(np.unique(units.astype(np.int64) * 3 + split) // 3, minlength=count) > 1).sum())
    return f"{divided} of {count} units have rows in several splits: test is not of new ones" if divided else None


def _notes(
    fitted: Sequence[Method], unseen: Sequence[str], only_classes: bool, divided: str | None, gained: bool
) -> tuple[str, ...]:
    notes = ["every class is one group: balancing groups is balancing classes"] if only_classes else []
    notes += [f"no training example is in {name}: methods that fit training groups cannot help it" for name in unseen]
    notes += [
        f"{m.label}: the solver stopped before its optimum was certain (relative gap {m.gap:.2g}); the method may do "
        "better than this"
        for m in fitted
        if m.skipped is None and not m.converged
    ]
    if divided is not None:
        notes.append(divided)
    if not gained:
        notes.append("that is no gain even by these groups; the head before is the better one")
    return tuple(notes)


def _unseen(fit: Groups, split: Codes) -> list[str]:
    seen = np.unique(fit.cells[split == 0])
    return [name for k, name in enumerate(fit.names) if k not in seen]


# ---- the verb ----


def _tried(name: str, values: Any) -> list[float]:
    numbers = numbers_of(np.atleast_1d(values), name)
    return [float(v) for v in numbers.reshape(-1)]


def _asked(wanted: list[str], select: str, fit: str, lists: Mapping[str, Any], **numbers: Any) -> dict[str, Any]:
    if select not in RULES:
        raise refuse(f"select: expected {', '.join(RULES)}, found {select!r}")
    if fit not in ("train", "both"):
        raise refuse(f"fit: expected train or both, found {fit!r}")
    for name in lists:
        if name not in _LISTS:
            meant = difflib.get_close_matches(name, [*inspect.signature(repair).parameters, *_LISTS], 1)
            hint = f" (did you mean {meant[0]!r}?)" if meant else ""
            raise TypeError(f"repair() got an unexpected keyword argument {name!r}{hint}")
    for method in wanted:
        if method not in METHODS:
            raise refuse(f"there is no method {method!r}; there are {', '.join(METHODS)}")
    for name in ("min_average", "max_loss"):
        if name in numbers and not 0 <= numbers[name] <= 1:
            raise refuse(f"{name}: expected a number from 0 to 1, found {numbers[name]}")
    values = {name.rstrip("_"): _tried(name, values) for name, values in lists.items()}
    return {"methods": wanted, "rule": RULES.index(select), "fit_on_both": int(fit == "both"), **numbers, **values}


def _check_effect(wanted: Sequence[str], given: Sequence[str], head: bool) -> None:
    """l2 is that of ERM, too, which is the head before where none is given."""
    for name in given:
        of_erm = name == "l2"
        if not (of_erm and not head) and not any(_core.repair_takes(method, name.rstrip("_")) for method in wanted):
            raise refuse(f"{name}: has no effect with {', '.join(wanted)}" + (" and a head" if of_erm else ""))


def _position(point: int | bool | None, dial: Sequence[DialPoint], judged: int) -> int:
    if point is False:
        raise refuse(f"repair: {judged} validation examples are too few to be sure of any head that it is accurate enough")
    if point is None:
        most = 100 * max(p.average for p in dial)
        raise refuse(
            "repair: no head between the old and the repaired one is accurate enough: the average is at most "
            f"{most:.1f} % on validation"
        )
    return int(point)


def repair(
    features: ArrayLike,
    y: ArrayLike,
    *,
    groups: Any = None,
    attributes: Any = None,
    partitions: ArrayLike | None = None,
    head: Any = None,
    splits: ArrayLike | None = None,
    units: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ids: ArrayLike | None = None,
    cut: Mapping[str, int | Sequence[float]] | None = None,
    methods: Sequence[str] | str | None = None,
    select: str = "worst_group",
    folds: int = 5,
    refits: int = 20,
    fit: str = "train",
    min_average: float | None = None,
    max_loss: float | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Listener | bool | None = None,
    **lists: Any,
) -> Repaired:
    """Fits the last layer again on features, so that its worst group does better.

    Parameters are chosen on validation examples by a stated rule; test examples are not looked at.

    Parameters
    ----------
    features : array-like of shape (n, columns)
        What goes into the last layer: see `despur.torch.extract`; what it may be is told at `audit`. float32
        is not copied.
    y : array-like of shape (n,)
        Labels.
    groups : array-like, data frame or mapping, optional
        Groups that are fitted and chosen by, such as ``found.groups`` of an audit or ``found.labels_`` of `despur.groups`;
        missing values and -1 are no group. Nobody has checked them, which is said; where it is known what tells groups of
        a label apart, give ``attributes``.
    attributes : array-like, data frame or mapping, optional
        What is known of each example beside its label. Test examples are measured by it, and without ``groups`` it is
        what is fitted and chosen by. Without either, only methods that need none are fitted, and the groups are the classes.
    partitions : array-like of int, shape (n, partitions), optional
        In place of ``groups``: several ways to divide the examples, such as ``found.clusters`` of an audit.
    head : torch.nn.Linear, linear model, (weight, bias) or path, optional
        The old last layer, as such or in a file, ``"model.pth:fc"``; else one is fitted that knows no groups.
    splits : array-like of shape (n,), optional
        ``"train"``, ``"val"``, ``"test"``, or 0, 1, 2; else half, a fifth and the rest, drawn by ``seed``.
    units : array-like of shape (n,), optional
        Rows of one value (a patient) are kept together, and intervals on test hold for these.
    weights : array-like of shape (n,), optional
        As how many examples each counts, above 0.
    ids : array-like of shape (n,), optional
        What examples are called in ``changes.csv``; else by their numbers.
    cut : mapping, optional
        Numbers among the columns of ``attributes`` and ``groups`` cut into ranges, as for `evaluate`.
    methods : str or sequence of str, optional
        Of erm, balanced, groupdro, dfr, dfr_train, dispel, afr, dpe and offsets; else all whose needs are met.
    select : {"worst_group", "worst_class", "average"}
        What parameters and methods are chosen by.
    folds : int
        Of cross-validation, where a method is fitted on the examples that it is chosen with.
    refits : int
        Of DFR and DISPEL, averaged; prototypes of DPE.
    fit : {"train", "both"}
        "both": what was chosen is fitted once more on training and validation examples, by methods that are fitted on
        training examples. Choosing and the dial stay those of heads that have not seen the validation examples.
    min_average, max_loss : float, optional
        The average accuracy that must surely remain, or what of it may be lost: the head is then the point of the dial with
        the best worst group among those that surely fulfil this.
    seed : int
    threads : int, optional
        The result does not depend on it.
    progress : callable or bool, optional
        ``progress("progress", {"stage", "done", "total"})`` now and then; what it raises stops the work, as Ctrl-C
        does within a second. True: a line on standard error, which is the default on a terminal and in a notebook.
    **lists
        Values to be tried for ``l2``, ``c``, ``mix``, ``gamma``, ``lambda_``, ``scale`` and ``diversity``.

    Returns
    -------
    Repaired

    Raises
    ------
    InputError
        When the data do not fit together, the only method that was asked for cannot be fitted, or no head surely is as
        accurate as was asked for.
    """
    warn_of_order(
        y=y, features=features, groups=groups, attributes=attributes, partitions=partitions, splits=splits, units=units, weights=weights,
        ids=ids,
    )  # fmt: skip
    x = features_of(features)
    rows, columns = x.shape
    codes, classes = label_codes(y)
    if len(codes) != rows:
        raise refuse(f"y: expected {rows} rows, as features has, found {len(codes)}")
    wanted = [methods] if isinstance(methods, str) else list(methods if methods is not None else METHODS)
    seed, folds, refits = whole_number(seed, "seed", 0, 2**63 - 1), whole_number(folds, "folds", 2), whole_number(refits, "refits", 1)
    workers = _core.processors if threads is None else whole_number(threads, "threads", 1)
    wishes = {k: v for k, v in (("min_average", min_average), ("max_loss", max_loss)) if v is not None}
    asked = _asked(wanted, select, fit, lists, seed=seed, folds=folds, refits=refits, **wishes)
    _check_effect(wanted, [*lists, *changed(repair, refits=refits, fit=fit)], head is not None)
    by = grouping_of(codes, classes, groups, attributes, partitions, cut)
    old = head_before(head, classes, columns)
    of_unit = None if units is None else unit_codes(units, rows, "features")
    fold_of = None
    if of_unit is not None:
        if of_unit.max() + 1 < folds:
            raise refuse(f"units: expected at least {folds} values, one for each fold, found {of_unit.max() + 1}")
        fold_of = of_unit % np.uint32(folds)
    split = drawn_splits(rows, seed, of_unit) if splits is None else split_codes(splits, rows, "features")
    names = by.fit.names if by.fit is not None else by.shown.names
    data = {
        **_sizes(x, len(classes)),
        "features": x,
        "labels": codes,
        "splits": split,
        "groups": None if by.fit is None else by.fit.cells,
        "groups_count": 0 if by.fit is None else len(names),
        "weight": old.weight,
        "bias": old.bias,
        "weights": None if weights is None else weights_of(weights, rows),
        "folds": fold_of,
        "folds_count": 0 if fold_of is None else folds,
        "partitions": by.others if by.others is not None and len(by.others) else None,
        "partitions_count": 0 if by.others is None else len(by.others),
        "cells": 0 if by.others is None or not len(by.others) else int(by.others.max()) + 1,
    }
    with python_words(), listening(progress) as listener:
        found, point, kept = _core.repair(data, {**asked, "threads": workers}, listener)
    view = {
        "class_names": [str(c) for c in classes],
        "fit_names": list(names),
        "groups": by.shown.cells,
        "group_names": list(by.shown.names),
        "groups_count": len(by.shown.names),
        "attributes": by.shown.cells if by.given else by.shown.attributes,
        "given": int(by.given),
        "ids": None if ids is None else id_texts(ids, rows),
        "units": of_unit,
        "units_count": 0 if of_unit is None else int(of_unit.max()) + 1,
        "unit": None if units is None else name_of(units) or "unit",
        "weight": None if weights is None else name_of(weights) or "weight",
        "head": old.file,
        "config": _config_of(asked, select),
        "features": os.fspath(features) if isinstance(features, (str, os.PathLike)) else None,
    }
    return _repaired(found, point, _Kept(kept, view, x), classes, by, split, head, columns)


def _repaired(
    found: dict[str, Any],
    point: int | bool | None,
    kept: _Kept,
    classes: tuple[Any, ...],
    by: Grouping,
    split: Codes,
    head: Any,
    columns: int,
) -> Repaired:
    shape = (len(classes), columns)
    fitted = tuple(_method(m, shape) for m in found["methods"])
    if found["best"] < 0:
        raise refuse("no method could be fitted: " + "; ".join(f"{m.label}: {m.skipped}" for m in fitted))
    best = fitted[found["best"]]
    dial = tuple(_point(p, shape) for p in found["dial"])
    chosen = dial[_position(point, dial, found["judged"])]
    assert best.weight is not None and best.bias is not None
    weight, bias = (best.weight, best.bias) if chosen.position == 1 else (chosen.weight, chosen.bias)
    before = {
        **found["before"],
        "weight": np.frombuffer(found["before_weight"], np.float32).reshape(shape),
        "bias": np.frombuffer(found["before_bias"], np.float32),
    }
    gained = not by.given or _gain_by_given(best, before)
    unseen = [] if by.fit is None else _unseen(by.fit, split)
    only_classes = by.fit is not None and len(by.fit.names) <= len(classes)
    kept.view["position"] = chosen.position
    return Repaired(
        head_back(head, weight, bias),
        weight,
        bias,
        classes,
        tuple(kept.view["fit_names"]),
        best,
        fitted,
        before,
        dial,
        chosen.position,
        split == 2,
        _GIVEN if by.given and chosen.position > 0 else None,
        _notes(fitted, unseen, only_classes, _divided(kept.view["units"], split), gained),
        kept,
    )
