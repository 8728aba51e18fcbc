"""What networks make of pictures."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from despur import _core
from despur._progress import Listener, listening
from despur._save import PathLike, check_new, copy_directory
from despur._table import python_words, refuse

if TYPE_CHECKING:
    import pandas

_FILTERS = ("bilinear", "bicubic")
_FEATURES, _LOGITS, _MAPS = "features.npy", "logits.npy", "maps.npy"


def find_engine() -> None:
    """Where ONNX Runtime is: that of Python's package onnxruntime, unless another one is named. It is not imported."""
    found = None if os.environ.get("DESPUR_ONNXRUNTIME") else importlib.util.find_spec("onnxruntime")
    for place in (found.submodule_search_locations or ()) if found else ():
        for library in sorted(Path(place, "capi").glob("libonnxruntime.so.*")):
            os.environ["DESPUR_ONNXRUNTIME"] = str(library)


def job_of(
    model: PathLike,
    images: PathLike,
    *,
    layer: str | None,
    preprocess: str,
    filter: str,
    shorter: int | None,
    layout: str,
    skip_unreadable: bool,
    threads: int,
) -> dict[str, Any]:
    """How a model sees pictures, as the library takes it."""
    choices = (("preprocess", preprocess, _core.preprocessings), ("filter", filter, _FILTERS), ("layout", layout, _core.layouts))
    for name, value, known in choices:
        if value not in known:
            raise refuse(f"{name}: expected {', '.join(known)}, found {value!r}")
    if shorter is not None and shorter < 1:
        raise refuse(f"shorter: expected at least 1, found {shorter}")
    return {
        "model": os.fspath(model),
        "images": os.fspath(images),
        "layer": layer,
        "preprocess": preprocess,
        "filter": filter,
        "shorter": shorter or 0,
        "layout": layout,
        "skip_unreadable": int(skip_unreadable),
        "threads": threads,
    }


@dataclass(frozen=True, slots=True)
class Features:
    """What a network says of pictures, a row for each. Make one with `features`.

    Attributes
    ----------
    x : ndarray of float32, shape (n, columns)
        Mapped from the file that it was written to.
    logits : ndarray of float32, shape (n, classes), or None
    maps : ndarray of float32, shape (n, rows, columns), or None
        Class activation maps of the class that each picture is taken for.
    layer, engine : str or None
        Whose values these are, and the release of ONNX Runtime; None for the network of a run.
    table : tuple of dict, or None
        Of a folder or a run: what each row is, by name: ``filename`` or ``example``, ``split``, ``y`` and ``a``.
    about : dict
        Model, layer, preprocessing, engine, and the hashes of all files; empty for the network of a run.
    directory : str
        Where the files are.
    """

    x: NDArray[np.float32]
    logits: NDArray[np.float32] | None
    maps: NDArray[np.float32] | None
    layer: str | None
    engine: str | None
    table: tuple[dict[str, str], ...] | None
    about: dict[str, Any]
    directory: str
    _room: Any = field(default=None, repr=False, compare=False)  # keeps a temporary directory

    def __reduce__(self) -> str:
        raise TypeError("features cannot be pickled, for they are files; save(directory) keeps them")

    def column(self, name: str) -> NDArray[Any]:
        """A column of the table as text: ``found.column("y")``."""
        if not self.table or name not in self.table[0]:
            raise refuse(f"there is no column {name!r}; there are: {', '.join(self.table[0]) if self.table else 'none'}")
        return np.array([row[name] for row in self.table])

    def to_dict(self) -> dict[str, Any]:
        copied: dict[str, Any] = json.loads(json.dumps(self.about))
        return copied

    def to_pandas(self) -> pandas.DataFrame:
        """The table, one row each."""
        import pandas

        return pandas.DataFrame(list(self.table or ({} for _ in self.x)))

    def save(self, directory: PathLike) -> None:
        """Copies ``features.npy`` and what lies beside it, as ``despur features --out features.npy`` leaves it."""
        copy_directory(self.directory, directory)

    def __repr__(self) -> str:
        rows, columns = self.x.shape
        return f"{columns} features of {rows} pictures" + (f" from '{self.layer}'" if self.layer else "")


def _read(directory: str, layer: str | None, engine: str | None, room: Any) -> Features:
    def array(name: str) -> Any:
        path = Path(directory, name)
        return np.load(path, mmap_mode="r") if path.exists() else None

    rows, about = Path(directory, f"{_FEATURES}.csv"), Path(directory, f"{_FEATURES}.json")
    table = None
    if rows.exists():
        with rows.open(encoding="utf-8", newline="") as file:
            table = tuple(csv.DictReader(file))
    said = json.loads(about.read_text(encoding="utf-8")) if about.exists() else {}
    return Features(array(_FEATURES), array(_LOGITS), array(_MAPS), layer, engine, table, said, directory, room)


def features(
    model: PathLike,
    images: Any = None,
    *,
    out: PathLike | None = None,
    logits: bool = False,
    maps: bool = False,
    layer: str | None = None,
    preprocess: str = "imagenet",
    filter: str = "bilinear",
    shorter: int | None = None,
    layout: str = "auto",
    skip_unreadable: bool = False,
    threads: int | None = None,
    progress: Listener | bool | None = None,
) -> Features:
    """What an ONNX model, or the network of a run, makes of pictures: what its last layer sees. It is ``despur features``.

    ONNX models are run by ONNX Runtime: that of Python's package ``onnxruntime``, where it is installed, or what
    ``$DESPUR_ONNXRUNTIME`` names. Networks of PyTorch have `despur.torch.extract`.

    Parameters
    ----------
    model : path
        An ONNX model, or the directory of a run, which has its own examples.
    images : path or array-like of shape (n, channels, rows, columns)
        A folder of pictures, or an array, itself or in a .npy file: bytes, which are
        preprocessed, or floats, which are taken as they are (``preprocess="none"``).
    out : path, optional
        A new directory for ``features.npy`` and what lies beside it; else they are kept as long as the result.
    logits, maps : bool
        What the last layer makes of them, too; class activation maps.
    layer : str, optional
        A value of the model (see `layers`); else what its last linear layer is applied to.
    preprocess : {"imagenet", "unit", "half", "lite", "clip", "none"}
        Of bytes.
    filter : {"bilinear", "bicubic"}
        Of pictures of another size.
    shorter : int, optional
        Their shorter side before the middle is cut out; else the model's.
    layout : str
        Of a folder: ``"auto"``, ``"imagefolder"``, ``"celeba"`` and so on, as ``data.layout`` of a run.
    skip_unreadable : bool
        Leave out pictures of a folder that cannot be read.
    threads : int, optional
        The result does not depend on it.
    progress : callable or bool, optional
        As for `audit`.

    Returns
    -------
    Features

    Raises
    ------
    InputError
        For models and pictures that cannot be used, and without ONNX Runtime.
    """
    room = tempfile.TemporaryDirectory() if out is None else None
    directory = room.name if room else check_new(out or "")
    workers = threads or _core.processors
    os.makedirs(directory, exist_ok=True)
    with python_words(), listening(progress) as listener, tempfile.TemporaryDirectory() as beside:
        if images is None:
            if not os.path.isdir(model):
                raise refuse(f"images: expected pictures for {os.fspath(model)}, found none (a run has its own)")
            if logits or maps or layer:
                raise refuse("logits, maps and layer are of ONNX models, not of a run")
            _core.examples_write(_core.examples_of_run(os.fspath(model), workers), os.path.join(directory, _FEATURES))
            return _read(directory, None, None, room)
        if not isinstance(images, (str, os.PathLike)):
            path = os.path.join(beside, "images.npy")
            np.save(path, np.asarray(images))
            images = path
        job = job_of(
            model, images, layer=layer, preprocess=preprocess, filter=filter, shorter=shorter,
            layout=layout, skip_unreadable=skip_unreadable, threads=workers,
        )  # fmt: skip
        job["features"] = os.path.join(directory, _FEATURES)
        job["logits"] = os.path.join(directory, _LOGITS) if logits else None
        job["maps"] = os.path.join(directory, _MAPS) if maps else None
        find_engine()
        found_layer, engine = _core.features_of_pictures(job, listener)
        return _read(directory, found_layer, engine, room)


def layers(model: PathLike) -> tuple[tuple[str, str, bool], ...]:
    """The values of an ONNX model that features can be taken from: operation, name, and whether it is the default.

    It needs no ONNX Runtime.
    """
    with python_words():
        lines = _core.layers(os.fspath(model)).splitlines()
    return tuple((line[2:].split()[0], line[2:].split(maxsplit=1)[1], line[0] == "*") for line in lines)
