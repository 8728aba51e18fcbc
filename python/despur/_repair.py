"""A better last layer."""

from __future__ import annotations

import html
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from despur import _core
from despur._evaluate import framed
from despur._plot import HasPlots
from despur._progress import Listener, listening
from despur._table import MISSING, columns_of, features_of, ordered_codes, python_words, refuse, vector

if TYPE_CHECKING:
    import pandas

METHODS = ("erm", "balanced", "groupdro", "dfr", "dfr_train", "dispel", "afr", "dpe", "offsets")
RULES = ("worst_group", "worst_class", "average")
_SPLITS = ("train", "val", "test")
_MOST_GROUPS = 100_000
_LISTS = ("l2", "c", "mix", "gamma", "lambda_", "scale", "diversity")

Floats = NDArray[np.float32]


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

    __slots__ = ("attributes", "config", "repair")

    def __init__(self, repair: Any = None, config: str = "", attributes: NDArray[np.uint32] | None = None) -> None:
        self.repair, self.config, self.attributes = repair, config, attributes

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
    test : ndarray of bool
        The examples that nothing has looked at.
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
    test: NDArray[np.bool_]
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
        return {"best": self.best.name, "before": before, "methods": methods}

    def to_pandas(self) -> pandas.DataFrame:
        """The methods, one row each."""
        import pandas

        return pandas.DataFrame(self.to_dict()["methods"]).set_index("name")

    def save(self, directory: str | os.PathLike[str], *, force: bool = False) -> str:
        """Leaves what ``despur repair --out`` leaves: ``head.safetensors``, ``head.npz``, ``changes.csv``,
        ``results.json``, a page, what was asked for, and a manifest.

        This looks at the test examples.

        Parameters
        ----------
        directory : path
            Created when it is missing.
        force : bool
            Write although something else is there.

        Returns
        -------
        str
            What the intervals on the test examples allow to say.
        """
        if self._kept.repair is None:
            raise refuse("a repair that was pickled has left its features behind: save it where it was made")
        with python_words():
            return _core.repair_write(
                self._kept.repair,
                os.fspath(directory),
                self._kept.config,
                force,
                [str(c) for c in self.classes],
                list(self.group_names),
                self._kept.attributes,
            )

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
        return f"{m.label}: worst group {was:.1f} % -> {now:.1f} %, less what choosing adds"


# ---- what comes in ----


def _label_codes(y: ArrayLike) -> tuple[NDArray[np.uint32], tuple[Any, ...]]:
    """Codes in the order of classes, and these as they came: numbers stay numbers."""
    codes, _ = ordered_codes(y, "y")
    if (codes == MISSING).any():
        raise refuse("y: expected a label for each row, found missing ones")
    _, first = np.unique(codes, return_index=True)
    return codes, tuple(vector(y, "y")[first].tolist())


@dataclass(frozen=True, slots=True)
class _Groups:
    """Groups within labels, in the order of labels and values; missing values and -1 are no group."""

    cells: NDArray[np.uint32]
    names: tuple[str, ...]
    attributes: NDArray[np.uint32]  # the same whatever the label


def groups_within(y: NDArray[np.uint32], names: Sequence[Any], groups: Any) -> _Groups:
    attributes, known, said, most = np.zeros(len(y), np.int64), np.ones(len(y), bool), [""], 1
    for feature, column in columns_of(groups).items():
        codes, values = ordered_codes(column, f"groups: {feature!r}", without=("-1",))
        if len(codes) != len(y):
            raise refuse(f"groups: expected {len(y)} rows, as y has, found {len(codes)}")
        known &= codes != MISSING
        most *= max(len(values), 1)
        if most > _MOST_GROUPS:
            raise refuse(f"groups: more than {_MOST_GROUPS} combinations of values")
        attributes = attributes * max(len(values), 1) + np.minimum(codes, len(values))
        said = [f"{before},{feature}={value}" for before in said for value in values]
    if not known.any():
        raise refuse("groups: expected at least one example with a group")
    cells, whole = np.full(len(y), MISSING, np.uint32), np.full(len(y), MISSING, np.uint32)
    distinct, inverse = np.unique(y[known].astype(np.int64) * most + attributes[known], return_inverse=True)
    cells[known] = inverse.reshape(-1)
    whole[known] = attributes[known]
    named = tuple(f"y={names[key // most]}{said[key % most]}" for key in distinct.tolist())
    return _Groups(cells, named, whole)


def _config_of(asked: Mapping[str, Any], select: str) -> str:
    """What was asked for as YAML, of which JSON is a part; threads change nothing."""
    words = {**asked, "select": select}
    said = [f"{key}: {json.dumps(value)}" for key, value in words.items() if key not in ("rule", "threads")]
    return "\n".join(["# despur.repair", *said, ""])


def _split_codes(splits: ArrayLike | None, rows: int, seed: int) -> NDArray[np.uint32]:
    if splits is None:  # half, a fifth, and the rest
        drawn = np.empty(rows, np.uint32)
        _core.draw_splits(drawn, rows, seed)
        return drawn
    given = vector(splits, "splits")
    if len(given) != rows:
        raise refuse(f"splits: expected {rows} rows, as features has, found {len(given)}")
    if given.dtype.kind in "UOT":
        unknown = set(given.tolist()) - set(_SPLITS)
        if unknown:
            raise refuse(f"splits: expected train, val or test, found {sorted(map(str, unknown))[0]!r}")
        return np.array([_SPLITS.index(s) for s in given], np.uint32)
    if given.dtype.kind not in "iu" or given.min() < 0 or given.max() > 2:
        raise refuse("splits: expected 0 (train), 1 (val) or 2 (test), or these words")
    return given.astype(np.uint32)


def _head_arrays(head: Any, classes: int, columns: int) -> tuple[Floats | None, Floats | None]:
    """A linear layer of PyTorch, a linear model of scikit-learn, or (weight, bias)."""
    if head is None:
        return None, None
    if isinstance(head, (tuple, list)):
        weight, bias = head
    elif hasattr(head, "coef_"):
        weight, bias = head.coef_, head.intercept_
    elif hasattr(head, "weight"):
        from despur.torch import head_of

        weight, bias = head_of(head)
    else:
        raise refuse(f"head: expected a linear layer, or weights and biases, found {type(head).__name__}")
    weight = np.atleast_2d(np.asarray(weight, np.float32))
    bias = np.atleast_1d(np.asarray(bias, np.float32))
    if classes == 2 and len(weight) == 1 and len(bias) == 1:  # one logit, of the second class
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    if weight.shape != (classes, columns) or bias.shape != (classes,):
        raise refuse(
            f"head: expected weights [{classes}, {columns}] and biases [{classes}], found "
            f"{list(weight.shape)} and {list(bias.shape)}"
        )
    return np.ascontiguousarray(weight), np.ascontiguousarray(bias)


def _head_back(head: Any, weight: Floats, bias: Floats) -> Any:
    if head is None or isinstance(head, (tuple, list)) or hasattr(head, "coef_"):
        return weight, bias
    from despur.torch import with_head

    if head.weight.shape[0] == 1 and len(weight) == 2:
        weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
    return with_head(head, weight, bias)


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
    classes, groups, folds = (0 if a is None else int(a[a != MISSING].max(initial=0)) + 1 for a in (codes, cells, fold_of))
    train = np.zeros(len(x), np.uint32)
    with python_words(), listening(progress) as listener:
        found, _ = _core.repair(
            x, len(x), x.shape[1], codes, classes, train, cells, groups, None, None, weights, fold_of, folds,
            {**asked, "head_only": 1}, listener,
        )  # fmt: skip
    return _method(found["methods"][0], (classes, x.shape[1]))


def _point(found: dict[str, Any], shape: tuple[int, int]) -> DialPoint:
    weight = np.frombuffer(found.pop("weight"), np.float32).reshape(shape)
    return DialPoint(weight=weight, bias=np.frombuffer(found.pop("bias"), np.float32), **found)


def repair(
    features: ArrayLike,
    y: ArrayLike,
    *,
    groups: Any = None,
    head: Any = None,
    splits: ArrayLike | None = None,
    methods: Sequence[str] | str | None = None,
    select: str = "worst_group",
    folds: int = 5,
    refits: int = 20,
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
        What tells groups of one label apart, such as ``found.labels_`` of `despur.groups`; missing values and -1
        are no group. Without it only methods that need none are fitted, and the groups are the classes.
    head : torch.nn.Linear, linear model or (weight, bias), optional
        The old last layer; else one is fitted that knows no groups.
    splits : array-like of shape (n,), optional
        ``"train"``, ``"val"``, ``"test"``, or 0, 1, 2; else half, a fifth and the rest, drawn by ``seed``.
    methods : str or sequence of str, optional
        Of erm, balanced, groupdro, dfr, dfr_train, dispel, afr and offsets; else all whose needs are met.
    select : {"worst_group", "worst_class", "average"}
        What parameters and methods are chosen by.
    folds : int
        Of cross-validation, where a method is fitted on the examples that it is chosen with.
    refits : int
        Of DFR and DISPEL, averaged.
    seed : int
    threads : int, optional
        The result does not depend on it.
    progress : callable or bool, optional
        ``progress("progress", {"stage", "done", "total"})`` now and then; what it raises stops the work, as Ctrl-C
        does within a second. True: a line on standard error, which is the default on a terminal and in a notebook.
    **lists
        Values to be tried for ``l2``, ``c``, ``mix``, ``gamma`` and ``lambda_``.

    Returns
    -------
    Repaired

    Raises
    ------
    InputError
        When the data do not fit together, or the only method that was asked for cannot be fitted.
    """
    x = features_of(features)
    codes, classes = _label_codes(y)
    if len(codes) != len(x):
        raise refuse(f"y: expected {len(x)} rows, as features has, found {len(codes)}")
    if select not in RULES:
        raise refuse(f"select: expected {', '.join(RULES)}, found {select!r}")
    for name in lists:
        if name not in _LISTS:
            raise TypeError(f"repair() got an unexpected keyword argument {name!r}")
    within = None if groups is None else groups_within(codes, classes, groups)
    cells, attributes = (None, None) if within is None else (within.cells, within.attributes)
    names = tuple(f"y={c}" for c in classes) if within is None else within.names
    wanted = [methods] if isinstance(methods, str) else list(methods if methods is not None else METHODS)
    for method in wanted:
        if method not in METHODS:
            raise refuse(f"there is no method {method!r}; there are {', '.join(METHODS)}")
    weight, bias = _head_arrays(head, len(classes), x.shape[1])
    split = _split_codes(splits, len(x), seed)
    asked: dict[str, Any] = {
        "methods": wanted,
        "rule": RULES.index(select),
        "seed": seed,
        "folds": folds,
        "refits": refits,
        "threads": threads or _core.processors,
        **{name.rstrip("_"): [float(v) for v in values] for name, values in lists.items()},
    }
    with python_words(), listening(progress) as listener:
        found, kept = _core.repair(
            x, len(x), x.shape[1], codes, len(classes), split, cells, len(names), weight, bias, None, None, 0, asked, listener
        )
    shape = (len(classes), x.shape[1])
    fitted = tuple(_method(m, shape) for m in found["methods"])
    if found["best"] < 0:
        raise refuse("no method could be fitted: " + "; ".join(f"{m.label}: {m.skipped}" for m in fitted))
    best = fitted[found["best"]]
    assert best.weight is not None and best.bias is not None
    before = {
        **found["before"],
        "weight": np.frombuffer(found["before_weight"], np.float32).reshape(shape),
        "bias": np.frombuffer(found["before_bias"], np.float32),
    }
    return Repaired(
        _head_back(head, best.weight, best.bias),
        best.weight,
        best.bias,
        classes,
        names,
        best,
        fitted,
        before,
        tuple(_point(p, shape) for p in found["dial"]),
        split == 2,
        _Kept(kept, _config_of(asked, select), attributes),
    )
