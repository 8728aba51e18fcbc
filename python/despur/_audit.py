"""What a classifier leans on that nobody labelled."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from despur import _core
from despur._arrow import Coded
from despur._evaluate import check_cut, cut_columns
from despur._evaluation import framed
from despur._features import find_engine, job_of
from despur._plot import HasPlots, draw_intervals
from despur._progress import Listener, listening
from despur._repair_data import split_codes, unit_codes
from despur._table import (
    MISSING,
    are_called,
    array_of,
    changed,
    check_finite,
    check_order,
    class_columns,
    columns_of,
    features_of,
    id_texts,
    name_of,
    numbers_of,
    ordered_codes,
    python_words,
    refuse,
    warn_of_order,
    whole_number,
)

if TYPE_CHECKING:
    import pandas

VERDICTS = ("nothing found", "weak group", "leans on it", "too little data")
_MANY = 20  # numbers of more values than this are cut into quarters, as in tables

PathLike = str | os.PathLike[str]


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


def _fixed(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def _examples_of(path: Path) -> NDArray[np.int64]:
    """The column `example` of a list, the first one."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []
    return np.array([int(line.partition(",")[0]) for line in lines], np.int64)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an audit is written down from."""

    audit: Any
    examples: Any  # those of a run or a model, which can be asked again
    with_features: bool  # that a model made: these are kept, too
    kind: str | None  # of pictures: "folder", "array" or "run"
    pictures: Any  # a path, or an array
    lock: Any  # the model belongs to one thread at a time

    def write(self, directory: str) -> None:
        with tempfile.TemporaryDirectory() as room, self.lock:
            pictures = self.pictures
            if isinstance(pictures, np.ndarray):
                pictures = os.path.join(room, "pictures.npy")
                np.save(pictures, self.pictures)
            page = os.path.join(directory, "report.html")
            _core.audit_write(self.audit, directory, page, self.examples, self.kind, pictures)
            if self.with_features:
                _core.examples_write(self.examples, os.path.join(directory, "features.npy"))


class Audit(HasPlots):
    """What came of an audit. Make one with `audit`.

    Attributes
    ----------
    verdict : {"nothing found", "weak group", "leans on it", "too little data"}
    sentence : str
        What was found, or what would have been.
    caution : str or None
        What the sentence cannot know: features that were learned from these labels show a shortcut and what truly looks
        like another class alike.
    groups : ndarray of shape (n,)
        The cell of each example in the first finding's partition, or -1; all 0 when there is none. It goes to
        `despur.repair` as it is.
    clusters : ndarray of shape (n, partitions), or None
        All divisions of the examples by k-means, several partitions for `despur.repair`; None without features.
    findings : tuple of Finding
        Confirmed cells, the most telling first.
    to_label : ndarray of int
        With ``label_some``: examples of which to note what you see, for ``labelled``.
    detection_limit : list of dict
        The least excess of errors that a group of this share of a class would have been found with.
    """

    __slots__ = ("_data", "_kept", "caution", "clusters", "findings", "groups", "sentence", "to_label", "verdict")
    _data: dict[str, Any]
    _kept: _Kept
    clusters: NDArray[np.int64] | None
    findings: tuple[Finding, ...]
    groups: NDArray[np.int64]
    sentence: str
    caution: str | None
    to_label: NDArray[np.int64]
    verdict: str

    def __init__(self, verdict: int, sentence: str, caution: str | None, kept: _Kept) -> None:
        place = object.__setattr__
        place(self, "verdict", VERDICTS[verdict])
        place(self, "sentence", sentence)
        place(self, "caution", caution)
        place(self, "_kept", kept)
        with tempfile.TemporaryDirectory() as directory:
            _core.audit_write(kept.audit, directory, None, None, None, None)
            place(self, "_data", json.loads(Path(directory, "audit.json").read_text(encoding="utf-8")))
            place(self, "groups", _fixed(np.load(Path(directory, "attributes.npy"))))
            clusters = Path(directory, "clusters.npy")
            place(self, "clusters", _fixed(np.load(clusters)) if clusters.exists() else None)
            place(self, "to_label", _fixed(_examples_of(Path(directory, "to_label.csv"))))
        place(self, "findings", tuple(_finding(cell) for cell in self._data["cells"] if cell["confirmed"]))

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

    def save(self, directory: PathLike) -> None:
        """Leaves what ``despur audit --out`` leaves, a page among it; files of these names are replaced."""
        with python_words():
            self._kept.write(os.fspath(directory))

    def draw(self, ax: Any) -> Any:
        """Draws how many more errors the groups that were found have, with intervals, the most telling on top, into axes of
        matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes

        Returns
        -------
        matplotlib.axes.Axes
        """
        names = [f"{f.cell}, class {f.label}" for f in self.findings]
        values = [[getattr(f, field) for f in self.findings] for field in ("excess", "low", "high")]
        return draw_intervals(ax, names, values, "points more errors than in the rest of the class")

    def _page(self) -> str:
        with tempfile.TemporaryDirectory() as directory:
            self.save(directory)
            return Path(directory, "report.html").read_text(encoding="utf-8")

    def _repr_html_(self) -> str:
        return framed(self._page())

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self.sentence, self.caution]))


def _predictions_of(y_pred: ArrayLike, classes: list[str], rows: int) -> NDArray[np.uint32]:
    codes, names = ordered_codes(y_pred, "y_pred")
    if len(codes) != rows:
        raise refuse(f"y_pred: expected {rows} rows, as y has, found {len(codes)}")
    strange = [name for name in names if name not in classes]
    if strange:
        known = ", ".join(classes[:5]) + (", ..." if len(classes) > 5 else "")
        raise refuse(f"y_pred: expected predictions that occur as labels ({known}), found {strange[0]!r}")
    if (codes == MISSING).any():
        raise refuse("y_pred: expected a prediction for each row, found missing ones")
    return np.array([classes.index(name) for name in names], np.uint32)[codes]


def _logits_of(logits: ArrayLike, y: Any, rows: int, classes: list[str]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(class_columns(logits, classes, "logits"), np.float32)
    if numbers.shape != (rows, len(classes)):
        raise refuse(f"logits: expected [{rows}, {len(classes)}], a column for each class, found {list(numbers.shape)}")
    if not are_called(logits, classes):
        check_order(classes, y, "logits", "(labels that are numbers, or a frame with these names, say it)")
    check_finite(numbers, "logits")
    return numbers


def _weights_of(weights: ArrayLike, rows: int) -> NDArray[np.float64]:
    numbers = numbers_of(weights, "weights")
    if numbers.shape != (rows,):
        raise refuse(f"weights: expected {rows} numbers, as y has, found {list(numbers.shape)}")
    strange = np.flatnonzero(~((numbers >= 0) & np.isfinite(numbers)))
    if len(strange):
        row = int(strange[0])
        raise refuse(f"weights: row {row + 1}: expected a number of 0 or more, found {numbers[row]:g}")
    if not numbers.any():
        raise refuse(f"weights: all {rows} weights are 0")
    return numbers


def _column(name: str, column: Any, rows: int, what: str) -> tuple[str, NDArray[np.uint32], list[str]]:
    codes, values = ordered_codes(column, what)
    if len(codes) != rows:
        raise refuse(f"{what}: expected {rows} rows, as y has, found {len(codes)}")
    return name, codes, values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _metadata(metadata: Any, cut: Mapping[str, int | Sequence[float]] | None, rows: int) -> list[Any]:
    """Columns that may tell groups apart; numbers of many values in quarters."""
    check_cut(cut if metadata is None else None, {}, "metadata")
    columns = {} if metadata is None else columns_of(cut_columns(columns_of(metadata, "metadata"), cut, "metadata"))
    taken = []
    for name, column in columns.items():
        found = _column(name, column, rows, f"metadata: {name!r}")
        if name not in (cut or {}) and len(found[2]) > _MANY and all(map(_is_number, found[2])):
            quarters = cut_columns({name: column}, {name: 4}, "metadata")
            found = _column(name, quarters[name], rows, f"metadata: {name!r}")
        taken.append(found)
    return taken


def _given_examples(
    features: Any, y: Any, y_pred: Any, logits: Any, attribute: Any, metadata: Any, cut: Any, splits: Any, units: Any, weights: Any,
    ids: Any,
) -> tuple[Any, int]:
    """Examples of arrays, and how many these are."""
    labels, classes = ordered_codes(y, "y")
    rows = len(labels)
    if (labels == MISSING).any():
        raise refuse("y: expected a label for each row, found missing ones")
    given: dict[str, Any] = {"rows": rows, "labels": labels, "class_names": classes, "by": _metadata(metadata, cut, rows)}
    if features is not None:
        x = features_of(features)
        if len(x) != rows:
            raise refuse(f"features: expected {rows} rows, as y has, found {len(x)}")
        check_finite(x)
        given.update(x=x, columns=x.shape[1])
    if splits is not None:
        given["splits"] = split_codes(splits, rows, "y")
    if logits is not None:
        given["logits"] = _logits_of(logits, y, rows, classes)
        given["predictions"] = given["logits"].argmax(axis=1).astype(np.uint32)
    if y_pred is not None:
        given["predictions"] = _predictions_of(y_pred, classes, rows)
    if units is not None:
        given["unit"] = unit_codes(units, rows, "y")
        given["units"] = int(given["unit"].max()) + 1
    if weights is not None:
        given.update(weights=_weights_of(weights, rows), weight=name_of(weights) or "weights")
    if ids is not None:
        given["ids"] = id_texts(ids, rows)
    if attribute is not None:
        given["attribute"] = _column(name_of(attribute) or "attribute", attribute, rows, "attribute")
    return _core.examples_given(given), rows


def _is_folder(features: Any) -> bool:
    return isinstance(features, (str, os.PathLike)) and os.path.isdir(features)


def _only(given: Mapping[str, Any], what: str) -> None:
    """A folder of pictures and a run say themselves what examples are."""
    for name, value in given.items():
        if value is not None:
            raise refuse(f"{name}: is not for {what}, which says itself what examples are")


def _pictures_of(pictures: Any) -> tuple[str | None, Any]:
    if pictures is None:
        return None, None
    if isinstance(pictures, (str, os.PathLike)):
        return ("folder" if os.path.isdir(pictures) else "array"), os.fspath(pictures)
    array = array_of(pictures, "pictures")
    if isinstance(array, Coded) or array.dtype.kind not in "uf":
        raise refuse("pictures: expected bytes, or numbers from 0 to 1")
    return "array", np.ascontiguousarray(array, np.uint8 if array.dtype == np.uint8 else np.float32)


def _options(**given: Any) -> dict[str, Any]:
    if not 0 < given["confidence"] < 1:
        raise refuse(f"confidence: expected a number between 0 and 1, found {given['confidence']}")
    if not given["penalty"] > 0:
        raise refuse(f"penalty: expected a number above 0, found {given['penalty']}")
    for name, least, most in (("folds", 2, 1000), ("repeats", 0, 10**6), ("label_some", 0, 10**6), ("seed", 0, 2**63 - 1)):
        given[name] = whole_number(given[name], name, least, most)
    if given["finders"] is not None and not isinstance(given["finders"], str):
        given["finders"] = ",".join(given["finders"])
    return given


def _noted_of(labelled: Any, rows: int | None) -> Any:
    if labelled is None or isinstance(labelled, (str, os.PathLike)):
        return None if labelled is None else os.fspath(labelled)
    if rows is None:
        raise refuse("labelled: expected the path of the list that was filled in")
    return _column(name_of(labelled) or "attribute", labelled, rows, "labelled")


def audit(
    features: Any,
    y: ArrayLike | None = None,
    *,
    y_pred: ArrayLike | None = None,
    logits: ArrayLike | None = None,
    metadata: Any = None,
    cut: Mapping[str, int | Sequence[float]] | None = None,
    attribute: ArrayLike | None = None,
    splits: ArrayLike | None = None,
    units: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ids: ArrayLike | None = None,
    model: PathLike | None = None,
    model_predicts: bool = False,
    layer: str | None = None,
    preprocess: str = "imagenet",
    filter: str = "bilinear",
    shorter: int | None = None,
    layout: str = "auto",
    skip_unreadable: bool = False,
    pictures: Any = None,
    finders: Sequence[str] | str | None = None,
    repeats: int = 0,
    label_some: int = 0,
    labelled: Any = None,
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
    features : array-like of shape (n, columns), path, or None
        What any network says of an example: see `despur.torch.extract`. Arrays, tensors, frames of numbers, columns of
        lists, or the path of a .npy file; float32 is not copied. The directory of a run: the features of its own network on its
        training examples. With ``model``: a folder of pictures. The last two say themselves what examples are.
    y : array-like of shape (n,)
        Labels.
    y_pred : array-like of shape (n,), optional
        Predictions; else a last layer is fitted to the features, in folds.
    logits : array-like of shape (n, classes), optional
        What the model says of each class: its predictions, and how sure it was.
    metadata : data frame, mapping or array-like, optional
        Columns that may tell groups apart. Numbers of more than 20 values are cut into quarters.
    cut : mapping, optional
        Numbers among these cut into ranges, as for `evaluate`.
    attribute : array-like of shape (n,), optional
        What is known already: finders and judge do not look at it, it is written down beside the groups.
    splits : array-like of shape (n,), optional
        ``"train"``, ``"val"``, ``"test"``, or 0, 1, 2. Training examples are used, or, with predictions, all others.
    units : array-like of shape (n,), optional
        Examples of one value (a patient, a film) belong together.
    weights : array-like of shape (n,), optional
        How much each example counts, of any scale, such as survey or importance weights: rates of error are weighted,
        and as sure as the effective number of examples says. An example of weight 0 counts as not there.
    ids : array-like of shape (n,), optional
        What examples are called; with a folder of ``pictures``, their paths below it.
    model : path, optional
        An ONNX model that sees the pictures of the folder ``features``.
    model_predicts : bool
        The model's outputs are the classes of the folder.
    layer, preprocess, filter, shorter, layout, skip_unreadable
        How it sees them: as for `despur.features`.
    pictures : path or array-like of shape (n, ...), optional
        Shown on the page: a folder with a file for each of ``ids``, or an array of bytes, or of numbers from 0 to 1, itself or
        in a .npy file. Of a run and of a folder they are shown without it.
    finders : str or sequence of str, optional
        Who proposes: of clusters, class_clusters, weak_head, mixture, columns, conjunctions and maps, and of environments and
        george, which are asked by name only; ``"all"``: all of them.
    repeats : int
        Look again with so many other halves: is it found there, too?
    label_some : int
        Choose so many examples of which a person should note what there is to see: ``found.to_label``, ``to_label.csv``.
    labelled : path or array-like of shape (n,), optional
        What was noted of these: the list with its column ``attribute`` filled in, or a value for each example, missing where
        nothing was noted.
    trained_on : bool
        The features come from a network that was trained on these examples; of a run it is known.
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
    warn_of_order(
        y=y, features=features, y_pred=y_pred, logits=logits, metadata=metadata, attribute=attribute, splits=splits, units=units,
        weights=weights, ids=ids,
    )  # fmt: skip
    known = {"y": y, "y_pred": y_pred, "logits": logits, "metadata": metadata, "attribute": attribute, "splits": splits,
             "units": units, "weights": weights, "ids": ids, "cut": cut}  # fmt: skip
    workers = _core.processors if threads is None else whole_number(threads, "threads", 1)
    options = _options(
        finders=finders, repeats=repeats, label_some=label_some, trained_on=int(trained_on), penalty=penalty, folds=folds,
        confidence=confidence, seed=seed, threads=workers,
    )  # fmt: skip
    kind, shown = _pictures_of(pictures)
    rows = None
    seen: dict[str, Any] = {
        "layer": layer, "preprocess": preprocess, "filter": filter, "shorter": shorter, "layout": layout, "skip_unreadable": skip_unreadable,
    }  # fmt: skip
    if model is None:
        for name in changed(audit, **seen, model_predicts=model_predicts):
            raise refuse(f"{name}: is for a folder of pictures and model=")
    with python_words(), listening(progress) as listener:
        if model is not None:
            if not _is_folder(features):
                raise refuse(f"model: expected a folder of pictures, found {features!r}")
            _only(known, "a folder of pictures")
            find_engine()
            job = job_of(model, features, threads=workers, **seen)
            examples = _core.examples_of_pictures(job, model_predicts, listener)
            if kind is None:
                kind, shown = "folder", os.fspath(features)
        elif _is_folder(features):
            _only(known, "a run")
            if not os.path.exists(os.path.join(features, "config.yaml")):
                raise refuse(
                    f"{os.fspath(features)}: expected a run, found a directory without config.yaml; a folder of pictures needs "
                    "model='FILE.onnx'"
                )
            examples = _core.examples_of_run(os.fspath(features), workers)
            options["trained_on"] = 1
            if kind is None:
                kind, shown = "run", os.fspath(features)
        else:
            if y is None:
                raise refuse("y: expected a label for each row, found none")
            examples, rows = _given_examples(
                features, y, y_pred, logits, attribute, metadata, cut, splits, units, weights, ids
            )
        if kind == "folder" and model is None and ids is None:
            raise refuse(f"pictures: expected ids=, the paths of pictures below {shown}")
        options["noted"] = _noted_of(labelled, rows)
        verdict, sentence, caution, found = _core.audit(examples, options, listener)
        asked_again = examples if rows is None else None
        kept = _Kept(found, asked_again, model is not None, kind, shown, threading.Lock())
        return Audit(verdict, sentence, caution, kept)
