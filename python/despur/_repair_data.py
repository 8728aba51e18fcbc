"""What a repair is made from: codes of labels, groups within them, splits, units, and the head before."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from despur import _core
from despur._arrow import Coded
from despur._evaluate import check_cut, cut_columns
from despur._table import (
    MISSING,
    array_of,
    columns_of,
    numbers_of,
    ordered_codes,
    python_words,
    refuse,
    value_name,
    vector,
)

_SPLITS = ("train", "val", "test")
_MOST_GROUPS = 100_000

Floats = NDArray[np.float32]
Codes = NDArray[np.uint32]


def label_codes(y: ArrayLike) -> tuple[Codes, tuple[Any, ...]]:
    """Codes in the order of classes, and these as they came: numbers stay numbers."""
    codes, _ = ordered_codes(y, "y")
    if (codes == MISSING).any():
        raise refuse("y: expected a label for each row, found missing ones")
    _, first = np.unique(codes, return_index=True)
    return codes, tuple(vector(y, "y")[first].tolist())


def split_codes(splits: ArrayLike, rows: int, of: str) -> Codes:
    """0, 1 or 2 for each row, from numbers or words; of: what else has as many rows."""
    given = vector(splits, "splits")
    if len(given) != rows:
        raise refuse(f"splits: expected {rows} rows, as {of} has, found {len(given)}")
    if given.dtype.kind in "UOT":
        unknown = sorted(set(map(str, given.tolist())) - set(_SPLITS))
        if unknown:
            raise refuse(f"splits: expected train, val or test, found {unknown[0]!r}")
        return np.array([_SPLITS.index(str(s)) for s in given], np.uint32)
    if given.dtype.kind not in "iu" or given.min() < 0 or given.max() > 2:
        raise refuse("splits: expected 0 (train), 1 (val) or 2 (test), or these words")
    return given.astype(np.uint32)


def drawn_splits(rows: int, seed: int, units: Codes | None) -> Codes:
    """Half, a fifth, and the rest; all rows of a unit together."""
    drawn = np.empty(rows if units is None else int(units.max()) + 1, np.uint32)
    _core.draw_splits(drawn, len(drawn), seed)
    return drawn if units is None else drawn[units]


def unit_codes(units: ArrayLike, rows: int, of: str) -> Codes:
    codes, _ = ordered_codes(units, "units")
    if len(codes) != rows:
        raise refuse(f"units: expected {rows} rows, as {of} has, found {len(codes)}")
    if (codes == MISSING).any():
        raise refuse("units: expected a value for each row, found missing ones")
    return codes


def weights_of(weights: ArrayLike, rows: int) -> NDArray[np.float64]:
    numbers = numbers_of(weights, "weights")
    if numbers.shape not in ((rows,), (rows, 1)):
        raise refuse(f"weights: expected {rows} rows, as features has, of one number, found shape {numbers.shape}")
    numbers = numbers.reshape(-1)
    if not (numbers > 0).all() or not np.isfinite(numbers).all():
        raise refuse("weights: expected numbers above 0")
    return numbers


# ---- groups ----


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups within labels, in the order of labels and values; missing values and -1 are no group."""

    cells: Codes
    names: tuple[str, ...]
    attributes: Codes | None  # the same whatever the label; None: nothing tells groups of a label apart


def groups_within(y: Codes, names: Sequence[Any], groups: Any, what: str = "groups") -> Groups:
    attributes, known, said, most = np.zeros(len(y), np.int64), np.ones(len(y), bool), [""], 1
    for feature, column in columns_of(groups, what).items():
        codes, values = ordered_codes(column, f"{what}: {feature!r}", without=("-1",))
        if len(codes) != len(y):
            raise refuse(f"{what}: expected {len(y)} rows, as y has, found {len(codes)}")
        known &= codes != MISSING
        most *= max(len(values), 1)
        if most > _MOST_GROUPS:
            raise refuse(f"{what}: more than {_MOST_GROUPS} combinations of values")
        attributes = attributes * max(len(values), 1) + np.minimum(codes, len(values))
        said = [f"{before},{feature}={value}" for before in said for value in values]
    if not known.any():
        raise refuse(f"{what}: expected at least one example with a group")
    cells, whole = np.full(len(y), MISSING, np.uint32), np.full(len(y), MISSING, np.uint32)
    distinct, inverse = np.unique(y[known].astype(np.int64) * most + attributes[known], return_inverse=True)
    cells[known] = inverse.reshape(-1)
    whole[known] = attributes[known]
    named = tuple(f"y={names[key // most]}{said[key % most]}" for key in distinct.tolist())
    return Groups(cells, named, whole)


def classes_alone(y: Codes, names: Sequence[Any]) -> Groups:
    return Groups(y, tuple(f"y={name}" for name in names), None)


def partitions_within(y: Codes, names: Sequence[Any], partitions: ArrayLike) -> tuple[Groups, Codes]:
    """The first partition as groups, and the others [count, n]; columns with a number below 0 are left out."""
    given = array_of(partitions, "partitions")
    if isinstance(given, Coded) or given.ndim != 2 or given.dtype.kind not in "iu":
        raise refuse("partitions: expected whole numbers, a row for each example and a column for each partition")
    if len(given) != len(y):
        raise refuse(f"partitions: expected {len(y)} rows, as y has, found {len(given)}")
    within = [groups_within(y, names, {"k": column}, "partitions") for column in given.T if column.min() >= 0]
    if not within:
        raise refuse("partitions: no column has a cell for every example")
    others = [one.cells for one in within[1:]]
    return within[0], np.stack(others) if others else np.empty((0, len(y)), np.uint32)


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups that are fitted and chosen by, and those that test examples are measured by."""

    fit: Groups | None
    shown: Groups
    given: bool  # both are the same, and nobody has checked them
    others: Codes | None  # further partitions


def _cut_own(columns: Any, cut: Any, what: str) -> Any:
    own = columns_of(columns, what)
    return cut_columns(own, {name: at for name, at in (cut or {}).items() if name in own}, what)


def grouping_of(y: Codes, names: Sequence[Any], groups: Any, attributes: Any, partitions: Any, cut: Any) -> Grouping:
    if groups is not None and partitions is not None:
        raise refuse("expected groups= or partitions=, found both")
    there = {what: columns_of(c, what) for c, what in ((attributes, "attributes"), (groups, "groups")) if c is not None}
    check_cut(cut, {name: None for columns in there.values() for name in columns}, " and ".join(there) or "attributes")
    known = None if attributes is None else groups_within(y, names, _cut_own(attributes, cut, "attributes"), "attributes")
    given, others = None, None
    if groups is not None:
        given = groups_within(y, names, _cut_own(groups, cut, "groups"))
    if partitions is not None:
        given, others = partitions_within(y, names, partitions)
    return Grouping(given or known, known or given or classes_alone(y, names), known is None and given is not None, others)


# ---- heads ----


@dataclass(frozen=True, slots=True)
class Head:
    """The layer before, for each class, and the file that it came from."""

    weight: Floats | None = None
    bias: Floats | None = None
    file: Any = None


def _fit_shape(weight: Floats, bias: Floats, classes: int, columns: int) -> tuple[Floats, Floats]:
    if classes == 2 and len(weight) == 1 and len(bias) == 1:  # one logit, of the second class
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    if weight.shape != (classes, columns) or bias.shape != (classes,):
        transposed = " (it is transposed)" if weight.shape == (columns, classes) else ""
        raise refuse(
            f"head: expected weights [{classes}, {columns}] and biases [{classes}], found "
            f"{list(weight.shape)} and {list(bias.shape)}{transposed}"
        )
    return np.ascontiguousarray(weight), np.ascontiguousarray(bias)


def _in_order(weight: Floats, bias: Floats, theirs: Sequence[Any], ours: Sequence[Any]) -> tuple[Floats, Floats]:
    """A model that knows its classes may have them in another order."""
    names, wanted = [value_name(c, "head") for c in theirs], [value_name(c, "y") for c in ours]
    if set(names) != set(wanted):
        raise refuse(f"head: it is of the classes {', '.join(names[:10])}, but y has {', '.join(wanted[:10])}")
    if len(weight) == 1 and len(names) == 2:
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    order = [names.index(name) for name in wanted]
    return weight[order], bias[order]


def head_before(head: Any, classes: Sequence[Any], columns: int) -> Head:
    """A linear layer of PyTorch, a linear model of scikit-learn, (weight, bias), or a file of one, FILE:NAME."""
    if head is None:
        return Head()
    if isinstance(head, (str, os.PathLike)):
        with python_words():
            file, outputs, width, *numbers = _core.head_read(os.fspath(head))
        arrays = np.frombuffer(numbers[0], np.float32).reshape(outputs, width), np.frombuffer(numbers[1], np.float32)
        return Head(*_fit_shape(*arrays, len(classes), columns), file)
    if isinstance(head, (tuple, list)):
        if len(head) != 2:
            raise refuse(f"head: expected weights and biases, found {len(head)} things")
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
    if hasattr(head, "coef_") and hasattr(head, "classes_") and len(weight) == len(bias):
        weight, bias = _in_order(weight, bias, head.classes_, classes)
    return Head(*_fit_shape(weight, bias, len(classes), columns))


def head_back(head: Any, weight: Floats, bias: Floats) -> Any:
    if head is None or isinstance(head, (str, os.PathLike, tuple, list)) or hasattr(head, "coef_"):
        return weight, bias
    from despur.torch import with_head

    if head.weight.shape[0] == 1 and len(weight) == 2:
        weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
    return with_head(head, weight, bias)
