"""Runs carried out, read, and compared."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from despur import _core
from despur._evaluation import Evaluation, framed
from despur._plot import HasPlots
from despur._progress import Listener, listening
from despur._save import PathLike, copy_directory, save_as
from despur._table import python_words, refuse

if TYPE_CHECKING:
    import pandas

_SPLITS = ("train", "val", "test")


def _split(split: str) -> int:
    if split not in _SPLITS:
        raise refuse(f"split: expected train, val or test, found {split!r}")
    return _SPLITS.index(split)


def _threads(threads: int | None) -> int:
    if threads is None:
        return _core.processors
    if threads < 1:
        raise refuse(f"threads: expected at least 1, found {threads}")
    return threads


# ---- configurations ----


def _recipes() -> Path:
    """Where the recipes that come with despur lie: beside the library."""
    return Path(_core.__file__).parent / "recipes"


def _recipe_file(recipe: PathLike) -> str:
    path = os.fspath(recipe)
    if os.path.exists(path) or os.sep in path or path.endswith(".yaml"):
        return path
    found = sorted(_recipes().rglob(f"{path}.yaml"))
    if not found:
        names = sorted(p.stem for p in _recipes().glob("*.yaml"))
        raise refuse(f"{path}: no such file, and no recipe of that name; there are {', '.join(names)}, ...")
    return str(found[0])


def _overrides(recipe: PathLike | Mapping[str, Any], keys: Mapping[str, Any] | None) -> tuple[str | None, list[str]]:
    """A recipe's file, if there is one, and values as YAML, of which JSON is a part."""
    given = dict(recipe) if isinstance(recipe, Mapping) else {}
    given.update(keys or {})
    file = None if isinstance(recipe, Mapping) else _recipe_file(recipe)
    texts = []
    for key, value in given.items():
        try:
            said = os.fspath(value) if isinstance(value, (str, os.PathLike)) else json.dumps(value)
        except TypeError as error:
            raise refuse(f"{key}: {error}") from None
        texts.append(f"{key}={said}")
    return file, texts


def config(recipe: PathLike | Mapping[str, Any], keys: Mapping[str, Any] | None = None) -> str:
    """The whole configuration of a run as YAML, every default filled in; nothing is carried out.

    Parameters
    ----------
    recipe : path, str or mapping
        A file, the name of a recipe that comes with despur, or a configuration as a dict of dicts.
    keys : mapping, optional
        Values for single keys, such as ``{"train.optimizer.lr": 0.1}``.

    Raises
    ------
    InputError
        For a key or value that cannot be, with the allowed ones.

    Examples
    --------
    >>> import despur
    >>> "epochs: 3" in despur.config("demo", {"train.epochs": 3})
    True
    """
    with python_words():
        return _core.config(*_overrides(recipe, keys))


def network(recipe: PathLike | Mapping[str, Any], keys: Mapping[str, Any] | None = None) -> str:
    """The plan of the network that a run would train last: shapes, parameters, memory. Nothing is trained.

    Parameters
    ----------
    recipe, keys
        As for `config`. The data are read, for their shape and number of classes.
    """
    with python_words():
        return _core.network(*_overrides(recipe, keys))


# ---- runs ----


@dataclass(frozen=True, slots=True)
class Run(HasPlots):
    """A finished run: its directory, and what it found.

    Attributes
    ----------
    directory : str
    verdict : str
        What the network uses, in one sentence.
    split : str
        What was evaluated.
    stages : tuple of dict
        The reference network and the final one, or one of them, with their accuracies.
    """

    directory: str
    verdict: str
    split: str
    stages: tuple[dict[str, Any], ...]

    def evaluate(self, split: str = "test", *, threads: int | None = None) -> Evaluation:
        """What the final network says of a split, by the true groups: ``despur eval RUN``."""
        return evaluate_run(self.directory, split, threads=threads)

    @property
    def results(self) -> list[dict[str, Any]]:
        """``results.jsonl``: one entry for each evaluation while the networks were trained."""
        with open(os.path.join(self.directory, "results.jsonl"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def assign(self, path: PathLike, data: Mapping[str, Any], *, threads: int | None = None) -> None:
        """Gives the groups that the run inferred by clustering to the examples of other data: ``despur infer --apply``.

        Parameters
        ----------
        path : path
            The CSV file to write: example, split, y, a, group and group_name.
        data : mapping
            Keys below ``data.`` and ``seeds.``, such as ``{"data.images": "x.npy", "data.labels": "y.npy"}``.
        threads : int, optional
        """
        _, overrides = _overrides({}, data)
        with python_words():
            _core.assign(self.directory, os.fspath(path), overrides, _threads(threads), None)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def save(self, directory: PathLike) -> None:
        """Copies the run to a directory that is not there yet, or is empty."""
        copy_directory(self.directory, directory)

    def to_pandas(self) -> pandas.DataFrame:
        """The stages as a data frame, one row each."""
        import pandas

        return pandas.DataFrame(list(self.stages)).set_index("label")

    def _page(self) -> str:
        return Path(self.directory, "report.html").read_text(encoding="utf-8")

    def _repr_html_(self) -> str:
        return framed(self._page())


def evaluate_run(directory: PathLike, split: str = "test", *, threads: int | None = None) -> Evaluation:
    """What the network of a run says of a split, by the true groups."""
    path = os.fspath(directory)
    with python_words():
        return Evaluation(_core.predict(path, _split(split), _threads(threads), path))


def run(
    recipe: PathLike | Mapping[str, Any],
    keys: Mapping[str, Any] | None = None,
    *,
    directory: PathLike | None = None,
    force: bool = False,
    resume: bool = False,
    only_infer: bool = False,
    threads: int | None = None,
    progress: Listener | bool | None = None,
) -> Run:
    """Carries a recipe out: trains, infers groups, trains again, measures. It is ``despur run``.

    Ctrl-C stops it within a second and leaves a directory that ``resume=True`` goes on with, to the same
    bytes as a run that was not stopped.

    Parameters
    ----------
    recipe : path, str or mapping
        A file, the name of a recipe that comes with despur, or a configuration as a dict of dicts.
    keys : mapping, optional
        Values for single keys, such as ``{"train.optimizer.lr": 0.1, "seed": 3}``.
    directory : path, optional
        To create; else ``runs/NAME-SEED``.
    force : bool
        Replace the run that is in the directory.
    resume : bool
        Go on with the unfinished run in the directory.
    only_infer : bool
        Stop after group inference: ``despur infer``.
    threads : int, optional
        The result does not depend on it.
    progress : callable or bool, optional
        ``progress(kind, value)`` with ``"note"`` and a line, or ``"progress"`` and a dict of stage, epoch,
        epochs, done, total and loss; what it raises stops the run. True: a line on standard error, which is
        the default on a terminal and in a notebook.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        When the configuration or the data cannot be used; nothing has been written then.
    """
    file, overrides = _overrides(recipe, keys)
    where = None if directory is None else os.fspath(directory)
    with python_words(out="directory"), listening(progress) as listener:
        found = _core.run(file, overrides, where, force, resume, _threads(threads), only_infer, listener)
    found["stages"] = tuple(found["stages"])
    return Run(**found)


# ---- sweeps ----


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep that was carried out.

    Attributes
    ----------
    directory : str
    runs, complete, kept : int
        All; those that are complete; those of them that were so before.
    failed : tuple of (str, str)
        Names of runs that failed, with the reason.
    """

    directory: str
    runs: int
    complete: int
    kept: int
    failed: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def save(self, directory: PathLike) -> None:
        """Copies all of its runs to a directory that is not there yet, or is empty."""
        copy_directory(self.directory, directory)

    def table(self, **options: Any) -> Table:
        """Means over its runs: see `table`."""
        return table(self.directory, **options)


def sweep(
    path: PathLike,
    *,
    directory: PathLike | None = None,
    jobs: int = 0,
    threads: int = 0,
    progress: Listener | bool | None = None,
) -> Sweep:
    """Carries out a grid of runs, several at a time, each in a process of its own. It is ``despur sweep``.

    Runs that are complete with the same configuration are kept; a run that fails stops no other.

    Parameters
    ----------
    path : path
        A YAML file of a sweep.
    directory : path, optional
        Where the runs are to be; else ``runs/NAME``.
    jobs, threads : int
        Runs at a time, and threads of each; 0: as many as keep all processors busy.
    progress : callable or bool, optional
        As for `run`.

    Returns
    -------
    Sweep
    """
    where = None if directory is None else os.fspath(directory)
    with python_words(out="directory"), listening(progress) as listener:
        found = _core.sweep(os.fspath(path), where, jobs, threads, listener)
    found["failed"] = tuple(found["failed"])
    return Sweep(**found)


# ---- tables ----


@dataclass(frozen=True, slots=True)
class Table:
    """Means and standard deviations over runs.

    Attributes
    ----------
    text, markdown, latex, csv : str
        What ``despur table`` prints in these formats.
    notes : tuple of str
        Runs that were left out and why, and what else the reader must know.
    """

    text: str
    markdown: str
    latex: str
    csv: str
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The cells, as they stand in the CSV."""
        return {"cells": list(csv.DictReader(io.StringIO(self.csv))), "notes": list(self.notes)}

    def to_pandas(self) -> pandas.DataFrame:
        """The cells, one row each."""
        import pandas

        return pandas.read_csv(io.StringIO(self.csv))

    def save(self, path: PathLike) -> None:
        """Writes the table in the format that the file's name ends in: .md, .tex, .csv or .txt."""
        formats = {".md": self.markdown, ".tex": self.latex, ".csv": self.csv, ".txt": self.text}
        save_as(path, {ending: text.__str__ for ending, text in formats.items()})

    def __str__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.markdown


def table(
    directories: PathLike | Sequence[PathLike],
    *,
    rows: str | None = None,
    columns: str | None = None,
    measure: str | None = None,
    split: str | None = None,
) -> Table:
    """Mean and standard deviation over runs, methods by data sets. It is ``despur table``.

    Parameters
    ----------
    directories : path or sequence of paths
        Of runs, or ones that contain some.
    rows, columns : str, optional
        ``"method"``, ``"data"`` or a key of the configuration, such as ``"train.optimizer.lr"``.
    measure : str, optional
        By default ``"worst_group_accuracy"``.
    split : str, optional
        ``"test"`` or ``"val"``.

    Returns
    -------
    Table
    """
    given = [directories] if isinstance(directories, (str, os.PathLike)) else list(directories)
    with python_words():
        formats, notes = _core.table([os.fspath(d) for d in given], rows, columns, measure, split)
    text, markdown, latex, as_csv = formats
    return Table(text, markdown, latex, as_csv, tuple(notes))


# ---- where networks look ----

_STAGES = ("all", "reference", "train", "repair")
_TARGETS = ("all", "prediction", "label")


@dataclass(frozen=True, slots=True)
class Cam:
    """Where the networks of a run look.

    Attributes
    ----------
    layer, split : str
    stages : tuple of dict
        Of each network its ``label`` and ``groups``: the share of the maps' energy on the background, for
        example, as mean and ends of its interval.
    sheets : tuple of (str, bytes)
        Names of groups, and a picture of chosen examples of each as PNG.
    """

    layer: str
    split: str
    stages: tuple[dict[str, Any], ...]
    sheets: tuple[tuple[str, bytes], ...]
    _kept: Any = field(default=None, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Without the library's own result."""
        return Cam, (self.layer, self.split, self.stages, self.sheets)

    def save(self, directory: PathLike) -> None:
        """Leaves the pictures and numbers that ``despur cam --out`` leaves."""
        if self._kept is None:
            raise refuse("a Cam that was pickled has no maps to write")
        with python_words():
            _core.cam_write(self._kept, os.fspath(directory))

    def to_dict(self) -> dict[str, Any]:
        return {"layer": self.layer, "split": self.split, "stages": [dict(s) for s in self.stages]}

    def to_pandas(self) -> pandas.DataFrame:
        """Means by network and group, one row each."""
        import pandas

        kinds = ("core", "background", "painted", "pointing", "overlap")
        rows = [
            {"stage": s["label"], "group": g["name"], "count": g["count"], **{k: g[k][0] for k in kinds}}
            for s in self.stages
            for g in s["groups"]
        ]
        return pandas.DataFrame(rows)

    def _repr_html_(self) -> str:
        import base64
        import html

        return "".join(
            f'<figure><figcaption>{html.escape(name)}</figcaption><img alt="" '
            f'src="data:image/png;base64,{base64.b64encode(png).decode()}"></figure>'
            for name, png in self.sheets
        )


def cam(
    directory: PathLike,
    *,
    out: PathLike | None = None,
    split: str = "test",
    stage: str = "all",
    layer: str | None = None,
    target: str | int = "all",
    examples: Sequence[int] | None = None,
    per_group: int = 4,
    scored: int = 0,
    scale: int | None = None,
    subtract_minimum: bool = False,
    masks: PathLike | None = None,
    threads: int | None = None,
) -> Cam:
    """Where in the pictures the networks of a run look, by group: Grad-CAM. It is ``despur cam``.

    Parameters
    ----------
    directory : path
        Of a finished run.
    out : path, optional
        Where to leave the pictures, too.
    split : {"train", "val", "test"}
    stage : {"all", "reference", "train", "repair"}
    layer : str, optional
        A convolution; else the last one.
    target : {"all", "prediction", "label"} or int
        Whose logit a map explains; a number is a class.
    examples : sequence of int, optional
        Numbers of the examples to draw, in place of ``per_group``.
    per_group : int
        Draw the first so many of each group.
    scored : int
        Shares are over the first so many examples of each group; 0: over all.
    scale : int, optional
        Pixels of a picture on a side of one of the image, 1 to 16; else so that images become some 112 wide.
    subtract_minimum : bool
        Scale maps as pytorch-grad-cam does.
    masks : path, optional
        A folder with a picture for each of the split, by their names, bright where the shortcut lies.
    threads : int, optional

    Returns
    -------
    Cam
    """
    if stage not in _STAGES:
        raise refuse(f"stage: expected {', '.join(_STAGES)}, found {stage!r}")
    chosen = target if isinstance(target, int) else 0
    if isinstance(target, str) and target not in _TARGETS:
        raise refuse(f"target: expected {', '.join(_TARGETS)} or a class, found {target!r}")
    kind = _TARGETS.index(target) if isinstance(target, str) else len(_TARGETS)
    drawn = None if examples is None else [int(e) for e in examples]
    counts = {"class": chosen, "per_group": per_group, "scored": scored, "scale": scale or 0, "examples": min(drawn or [0])}
    for name, value in counts.items():
        if value < 0:
            raise refuse(f"{'target' if name == 'class' else name}: expected at least 0, found {value}")
    asked: dict[str, Any] = {
        **counts,
        "split": _split(split),
        "stage": _STAGES.index(stage),
        "layer": layer,
        "target": kind,
        "examples": None if drawn is None else np.array(drawn, np.uint32),
        "example_count": len(drawn or []),
        "subtract_minimum": int(subtract_minimum),
        "masks": None if masks is None else os.fspath(masks),
        "threads": _threads(threads),
    }
    with python_words():
        found, kept = _core.cam(os.fspath(directory), asked)
    seen = Cam(found["layer"], found["split"], tuple(found["stages"]), tuple(found["sheets"]), kept)
    if out is not None:
        seen.save(out)
    return seen
