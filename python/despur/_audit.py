"""What a classifier leans on that nobody labelled."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from despur import _core
from despur._evaluate import framed
from despur._plot import HasPlots
from despur._progress import Listener, listening
from despur._table import (
    MISSING,
    check_finite,
    columns_of,
    features_of,
    numbers_of,
    ordered_codes,
    python_words,
    refuse,
    vector,
)

if TYPE_CHECKING:
    import pandas

VERDICTS = ("nothing found", "weak group", "leans on it", "too little data")
_SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Finding:
    """A group within a class that was tested on the confirmation half.

    Attributes
    ----------
    finder, candidate, cell, label : str
        Who proposed which partition; which of its cells, in which class.
    count, wrong : int
    excess, low, high : float
        Error there less that in the rest of the class; the interval holds for all tests at once.
    p_adjusted : float
        Corrected for everything that was tested.
    """

    finder: str
    candidate: str
    cell: str
    label: str
    count: int
    wrong: int
    excess: float
    low: float
    high: float
    p_adjusted: float


def _finding(cell: Mapping[str, Any]) -> Finding:
    return Finding(
        cell["finder"],
        cell["candidate"],
        cell["cell_name"],
        cell["class"],
        cell["count"],
        cell["wrong"],
        cell["excess"],
        cell["excess_low"],
        cell["excess_high"],
        cell["p_adjusted"],
    )


class Audit(HasPlots):
    """What came of an audit. Make one with `audit`.

    Attributes
    ----------
    verdict : {"nothing found", "weak group", "leans on it", "too little data"}
    sentence : str
        What was found, or what would have been.
    groups : ndarray of shape (n,)
        The cell of each example in the first finding's partition, or -1; all 0 when there is none. It goes to
        `despur.repair` as it is.
    findings : tuple of Finding
        Confirmed cells, the most telling first.
    detection_limit : list of dict
        The least excess of errors that a group of this share of a class would have been found with.
    """

    __slots__ = ("_audit", "_data", "findings", "groups", "sentence", "verdict")
    _audit: Any
    _data: dict[str, Any]
    findings: tuple[Finding, ...]
    groups: NDArray[np.int64]
    sentence: str
    verdict: str

    def __init__(self, found: tuple[int, str, Any]) -> None:
        place = object.__setattr__
        place(self, "verdict", VERDICTS[found[0]])
        place(self, "sentence", found[1])
        place(self, "_audit", found[2])
        with tempfile.TemporaryDirectory() as directory:
            self.save(directory)
            place(self, "_data", json.loads(Path(directory, "audit.json").read_text(encoding="utf-8")))
            groups = np.load(Path(directory, "attributes.npy"))
        place(self, "findings", tuple(_finding(cell) for cell in self._data["cells"] if cell["confirmed"]))
        groups.flags.writeable = False
        place(self, "groups", groups)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an audit does not change: {name!r} cannot be set")

    def __reduce__(self) -> str:
        raise TypeError("an audit cannot be pickled; save(directory) or to_dict() keeps it")

    @property
    def detection_limit(self) -> list[dict[str, Any]]:
        limits: list[dict[str, Any]] = self.to_dict().get("detection_limits", [])
        return limits

    def to_dict(self) -> dict[str, Any]:
        """What ``audit.json`` says."""
        copied: dict[str, Any] = json.loads(json.dumps(self._data))
        return copied

    def to_pandas(self) -> pandas.DataFrame:
        """Every cell that was tested, one row each: ``candidates.csv``."""
        import pandas

        with tempfile.TemporaryDirectory() as directory:
            self.save(directory)
            return pandas.read_csv(Path(directory, "candidates.csv"))

    def save(self, directory: str | os.PathLike[str]) -> None:
        """Leaves what ``despur audit --out`` leaves, a page among it; files of these names are replaced."""
        with python_words():
            _core.audit_write(self._audit, os.fspath(directory), os.path.join(directory, "report.html"))

    def _page(self) -> str:
        with tempfile.TemporaryDirectory() as directory:
            self.save(directory)
            return Path(directory, "report.html").read_text(encoding="utf-8")

    def _repr_html_(self) -> str:
        return framed(self._page())

    def __repr__(self) -> str:
        return self.sentence


def _splits_of(splits: ArrayLike, rows: int) -> NDArray[np.uint32]:
    given = vector(splits, "splits")
    if len(given) != rows:
        raise refuse(f"splits: expected {rows} rows, as y has, found {len(given)}")
    if given.dtype.kind in "UOT":
        unknown = sorted(set(map(str, given.tolist())) - set(_SPLITS))
        if unknown:
            raise refuse(f"splits: expected train, val or test, found {unknown[0]!r}")
        return np.array([_SPLITS.index(str(s)) for s in given], np.uint32)
    if given.dtype.kind not in "iu" or given.min() < 0 or given.max() > 2:
        raise refuse("splits: expected 0 (train), 1 (val) or 2 (test), or these words")
    return given.astype(np.uint32)


def _predictions_of(y_pred: ArrayLike, classes: list[str], rows: int) -> NDArray[np.uint32]:
    codes, names = ordered_codes(y_pred, "y_pred")
    if len(codes) != rows:
        raise refuse(f"y_pred: expected {rows} rows, as y has, found {len(codes)}")
    strange = [name for name in names if name not in classes]
    if strange:
        raise refuse(f"y_pred: expected predictions that occur as labels, found {strange[0]!r}")
    if (codes == MISSING).any():
        raise refuse("y_pred: expected a prediction for each row, found missing ones")
    return np.array([classes.index(name) for name in names], np.uint32)[codes]


def _weights_of(sample_weight: ArrayLike, rows: int) -> NDArray[np.float64]:
    weights = numbers_of(sample_weight, "sample_weight")
    if weights.shape != (rows,):
        raise refuse(f"sample_weight: expected {rows} numbers, as y has, found {list(weights.shape)}")
    strange = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
    if len(strange):
        row = int(strange[0])
        raise refuse(f"sample_weight: row {row}: expected a number of 0 or more, found {weights[row]:g}")
    if not weights.any():
        raise refuse(f"sample_weight: all {rows} weights are 0")
    return weights


def audit(
    features: ArrayLike | None,
    y: ArrayLike,
    *,
    y_pred: ArrayLike | None = None,
    metadata: Any = None,
    splits: ArrayLike | None = None,
    unit: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    trained_on: bool = False,
    penalty: float = 0.03,
    folds: int = 5,
    confidence: float = 0.95,
    seed: int = 0,
    threads: int | None = None,
    progress: Listener | bool | None = None,
) -> Audit:
    """Looks for groups within a class that have more errors than the rest of it, and says how sure it is.

    Half of the examples are searched, the other half judges what was found, so that p-values are honest.
    Whether what was found belongs to what the class means, data cannot say: look at the examples.

    Parameters
    ----------
    features : array-like of shape (n, columns), or None
        What any network says of an example: see `despur.torch.extract`. Arrays, tensors, frames of numbers, columns of
        lists, or the path of a .npy file; float32 is not copied.
    y : array-like of shape (n,)
        Labels.
    y_pred : array-like of shape (n,), optional
        Predictions; else a last layer is fitted to the features, in folds.
    metadata : data frame, mapping or array-like, optional
        Columns that may tell groups apart.
    splits : array-like of shape (n,), optional
        ``"train"``, ``"val"``, ``"test"``, or 0, 1, 2. Training examples are used, or, with predictions, all others.
    unit : array-like of shape (n,), optional
        Examples of one value (a patient, a film) belong together.
    sample_weight : array-like of shape (n,), optional
        How much each example counts, of any scale, such as survey or importance weights: rates of error are weighted,
        and as sure as the effective number of examples says. An example of weight 0 counts as not there.
    trained_on : bool
        The features come from a network that was trained on these examples.
    penalty : float
        Of the head that is fitted.
    folds : int
    confidence : float
        Of all statements together.
    seed : int
    threads : int, optional
        The result does not depend on it.
    progress : callable or bool, optional
        ``progress("progress", {"stage", "done", "total"})`` now and then; what it raises stops the work, as Ctrl-C
        does within a second. True: a line on standard error, which is the default on a terminal and in a notebook.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        When there are neither features nor metadata, or neither features nor predictions, or rows do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> import despur
    >>> i = np.arange(1200)
    >>> y, north = i // 3 % 2, i % 5 == 0
    >>> pred = np.where(north & (y == 1) & (i % 2 == 1), 0, y)
    >>> found = despur.audit(None, y, y_pred=pred, metadata={"north": north})
    >>> found.verdict, found.findings[0].cell, found.findings[0].label
    ('weak group', 'north=True', '1')
    """
    labels, classes = ordered_codes(y, "y")
    rows = len(labels)
    if (labels == MISSING).any():
        raise refuse("y: expected a label for each row, found missing ones")
    x, columns = None, 0
    if features is not None:
        x = features_of(features)
        if len(x) != rows:
            raise refuse(f"features: expected {rows} rows, as y has, found {len(x)}")
        check_finite(x)
        columns = x.shape[1]
    by = []
    for name, column in ({} if metadata is None else columns_of(metadata)).items():
        codes, values = ordered_codes(column, f"metadata: {name!r}")
        if len(codes) != rows:
            raise refuse(f"metadata: {name!r}: expected {rows} rows, as y has, found {len(codes)}")
        by.append((name, codes, values))
    units: tuple[NDArray[np.uint32] | None, list[str]] = (None, [])
    if unit is not None:
        units = ordered_codes(unit, "unit")
        if units[0] is not None and len(units[0]) != rows:
            raise refuse(f"unit: expected {rows} rows, as y has, found {len(units[0])}")
    weights = None if sample_weight is None else _weights_of(sample_weight, rows)
    if not 0 < confidence < 1:
        raise refuse(f"confidence: expected a number between 0 and 1, found {confidence}")
    if folds < 2 or not penalty > 0:
        raise refuse("expected at least 2 folds and a penalty above 0")
    with python_words(), listening(progress) as listener:
        return Audit(
            _core.audit(
                rows,
                x,
                columns,
                labels,
                classes,
                None if splits is None else _splits_of(splits, rows),
                None if y_pred is None else _predictions_of(y_pred, classes, rows),
                units[0],
                len(units[1]),
                weights,
                by,
                penalty,
                folds,
                confidence,
                seed,
                threads or _core.processors,
                trained_on,
                listener,
            )
        )
