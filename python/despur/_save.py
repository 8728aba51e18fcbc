"""Results as files, in the format that a file's name ends in."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from despur._table import refuse

PathLike = str | os.PathLike[str]


def save_as(path: PathLike, formats: Mapping[str, Callable[[], str]]) -> None:
    """Writes what the format of that ending makes; the file is there as a whole or not at all."""
    where = os.fspath(path)
    ending = os.path.splitext(where)[1]
    if ending not in formats:
        *others, last = formats
        raise refuse(f"{where}: expected a name that ends in {', '.join(others)} or {last}")
    text = formats[ending]()
    handle, beside = tempfile.mkstemp(dir=os.path.dirname(where) or ".", prefix=".despur-")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(beside, 0o666 & ~umask)  # as any file; those of mkstemp are for its owner alone
        os.replace(beside, where)
    except BaseException:
        os.unlink(beside)
        raise


def written(write: Callable[[str], object]) -> str:
    """What a function of the library writes into a file."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "written")
        write(path)
        return Path(path).read_text(encoding="utf-8")


def _plain(value: Any) -> Any:
    """NaN is no JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def as_json(value: Mapping[str, Any]) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def check_new(directory: PathLike) -> str:
    """A directory that is not there yet, or is empty."""
    where = os.fspath(directory)
    if os.path.exists(where) and (not os.path.isdir(where) or os.listdir(where)):
        raise refuse(f"{where}: expected a directory that is not there yet, or is empty")
    return where


def copy_directory(source: str, target: PathLike) -> None:
    """All that is in a directory, into a new one."""
    where = check_new(target)
    shutil.copytree(source, where, dirs_exist_ok=True)
