"""Whatever people have their data in, as columns of numbers or of codes with names."""

from __future__ import annotations

import inspect
import math
import operator
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from despur import _core
from despur._arrow import MISSING as MISSING
from despur._arrow import Coded, columns_from_arrow, exports_arrow

_MOST_CODES = 1 << 16  # whole numbers are counted in a table up to this range

Codes = tuple[NDArray[np.uint32], list[str]]


@contextmanager
def python_words(**other: str) -> Iterator[None]:
    """The library's sentences speak of options of the command line; here these are arguments, some by other names."""
    try:
        yield
    except _core.InputError as error:
        said = re.sub(r"--([a-z]+(?:-[a-z]+)*)", lambda m: other.get(m[1], m[1].replace("-", "_")) + "=", str(error))
        if said == str(error):
            raise
        raise _core.InputError(said) from None


def refuse(sentence: str) -> _core.InputError:
    return _core.InputError(sentence)


def changed(function: Callable[..., Any], **values: Any) -> list[str]:
    """The arguments of a function that are not what they are by default."""
    usual = inspect.signature(function).parameters
    return [name for name, value in values.items() if value != usual[name].default]


def whole_number(value: Any, what: str, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number of any library's, and no truth value."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, (bool, np.bool_)) or not least <= number <= most:
        whole_range = most < 2**31 - 1 or (number is not None and number > most)
        wanted = f"from {least} to {most}" if whole_range else f"of {least} or more"
        raise refuse(f"{what}: expected a whole number {wanted}, found {value!r}")
    return number


def name_of(values: object) -> str | None:
    """The name of a series, or None."""
    name = getattr(values, "name", None)
    return name if isinstance(name, str) and name else None


def _spell_number(value: float, narrow: bool) -> str:
    """The fewest digits that give the number again, as files are read by the library."""
    if value == int(value) and abs(value) < 2**53:
        return str(int(value))
    for digits in range(6 if narrow else 15, 18):
        said = f"{value:.{digits}g}"
        if (np.float32(said) == np.float32(value)) if narrow else float(said) == value:
            return said
    return repr(value)


def _spell(value: object, what: str) -> str | None:
    """None: it is missing."""
    if isinstance(value, str):
        return value
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        if math.isnan(value):
            return None
        if math.isinf(value):
            raise refuse(f"{what}: expected values, found {value}")
        return _spell_number(float(value), isinstance(value, (np.float32, np.float16)))
    if isinstance(value, bytes):
        return value.decode()
    raise refuse(f"{what}: expected text, numbers or truth values, found {type(value).__name__}")


def _of_whole(values: NDArray[Any]) -> Codes:
    low, high = int(values.min()), int(values.max())
    if high - low < _MOST_CODES:
        shifted = values.astype(np.intp, copy=False)
        if low != 0:
            shifted = shifted - low
        found = np.flatnonzero(np.bincount(shifted, minlength=high - low + 1))
        names = [str(low + int(k)) for k in found]
        if len(found) == high - low + 1:
            return shifted.astype(np.uint32), names
        place = np.zeros(high - low + 1, np.uint32)
        place[found] = np.arange(len(found), dtype=np.uint32)
        return place[shifted], names
    distinct, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.uint32), [str(int(v)) for v in distinct]


def _of_real(values: NDArray[Any], what: str) -> Codes:
    if np.isinf(values).any():
        raise refuse(f"{what}: expected values, found infinite ones")
    present = ~np.isnan(values)
    codes = np.full(len(values), MISSING, np.uint32)
    distinct, inverse = np.unique(values[present], return_inverse=True)
    codes[present] = inverse
    narrow = values.dtype.itemsize < 8
    return codes, [_spell_number(float(v), narrow) for v in distinct]


def _of_objects(values: list[object], what: str) -> Codes:
    place: dict[object, int] = {}
    try:
        codes = [place.setdefault(v, len(place)) for v in values]
    except TypeError:
        odd = next(v for v in values if type(v).__hash__ is None)
        raise refuse(f"{what}: expected one value a row, found {type(odd).__name__}") from None
    names = [_spell(v, what) for v in place]
    out = np.array(codes, np.uint32)
    gone = [k for k, name in enumerate(names) if name is None]
    if gone:
        out[np.isin(out, gone)] = MISSING
    return out, [name or "" for name in names]


# ---- arrays of any kind ----


def _of_tensor(values: Any) -> NDArray[Any]:
    """A tensor by its methods, whoever made it: off the graph, on the CPU, and wide enough for NumPy."""
    values = values.detach()
    if str(getattr(getattr(values, "device", None), "type", "cpu")) != "cpu":
        values = values.cpu()
    if str(values.dtype).rpartition(".")[2] == "bfloat16":
        values = values.float()
    return np.asarray(values)


def _of_dlpack(values: Any, what: str) -> NDArray[Any]:
    try:
        return np.from_dlpack(values)
    except (BufferError, RuntimeError, TypeError) as error:
        raise refuse(f"{what}: expected an array on the CPU, found {type(values).__name__}: {error}") from None


def _of_arrow(values: Any, what: str) -> NDArray[Any] | Coded:
    columns = columns_from_arrow(values, what)
    if len(columns) != 1:
        raise refuse(f"{what}: expected one value a row, found {len(columns)} columns")
    return next(iter(columns.values()))


def array_of(values: Any, what: str) -> NDArray[Any] | Coded:
    """What NumPy, a tensor, Arrow or DLPack hold, without a copy where it lies on the CPU in a type of NumPy's."""
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.is_masked(values):
            raise refuse(f"{what}: expected values, found masked ones (.filled() says what they are)")
        values = values.data
    if isinstance(values, (np.ndarray, Coded)):
        return _widened(values) if isinstance(values, np.ndarray) else values
    if hasattr(values, "detach"):
        return _of_tensor(values)
    if exports_arrow(values):
        return _of_arrow(values, what)
    if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        return _of_dlpack(values, what)
    return _widened(np.asarray(values))


def _widened(array: NDArray[Any]) -> NDArray[Any]:
    """NumPy has no bfloat16; ml_dtypes, which makes such arrays, turns them into float32."""
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def vector(values: ArrayLike, what: str) -> NDArray[Any]:
    """One value a row, wherever it lay in memory."""
    given = array_of(values, what)
    array = np.array([*given.names, None], object)[np.minimum(given.codes, len(given.names))] if isinstance(given, Coded) else given
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        shape = "a single value" if array.ndim == 0 else f"shape {array.shape}"
        raise refuse(f"{what}: expected one value a row, found {shape}")
    if array.size == 0:
        raise refuse(f"{what}: expected values, found none")
    return array


_ROWS_AT_ONCE = 4096


def features_of(values: Any, what: str = "features") -> NDArray[np.float32]:
    """Rows of numbers as float32: an array, a tensor, a frame of numbers, a column of lists, or the path of a .npy
    file, which is mapped. float32 that lies row by row is not copied."""
    if isinstance(values, (str, os.PathLike)):
        path = os.fspath(values)
        if path.lower().endswith((".csv", ".tsv", ".parquet", ".jsonl")):
            raise refuse(f"{what}: {path}: expected a .npy file; of a table, give the columns")
        try:
            values = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise refuse(f"{what}: {path}: expected a .npy file: {error}") from None
    array: NDArray[Any] | Coded
    if exports_arrow(values) and not isinstance(values, np.ndarray):
        columns = list(columns_from_arrow(values, what).values())
        if any(isinstance(c, Coded) for c in columns):
            raise refuse(f"{what}: expected numbers, found text")
        array = np.asarray(columns[0]) if len(columns) == 1 else np.column_stack([np.asarray(c) for c in columns])
        array = array.reshape(len(array), -1)
    else:
        array = array_of(values, what)
    if isinstance(array, Coded) or array.dtype.kind not in "biuf":
        found = "text" if isinstance(array, Coded) else array.dtype
        raise refuse(f"{what}: expected numbers, found {found}")
    if array.ndim != 2:
        raise refuse(f"{what}: expected a row of numbers for each example, found shape {array.shape}")
    if array.size == 0:
        raise refuse(f"{what}: expected rows of numbers, found shape {array.shape}")
    with np.errstate(over="ignore"):  # what becomes infinite is refused by check_finite
        return np.ascontiguousarray(array, np.float32)


def check_finite(x: NDArray[np.float32], what: str = "features") -> None:
    """Some rows at a time, so that it takes little memory beside."""
    count, first = 0, (0, 0)
    for start in range(0, len(x), _ROWS_AT_ONCE):
        strange = ~np.isfinite(x[start : start + _ROWS_AT_ONCE])
        if count == 0 and strange.any():
            row, column = np.unravel_index(int(np.argmax(strange)), strange.shape)
            first = (start + int(row) + 1, int(column) + 1)
        count += int(np.count_nonzero(strange))
    if count:
        many = f"; of {x.size} numbers {count} are not" if count > 1 else ""
        raise refuse(f"{what}: row {first[0]}, column {first[1]}: expected a finite number of single precision (float32){many}")


def _indices(values: Any) -> Iterator[Any]:
    """The indices of what is pandas', itself or in a mapping."""
    if isinstance(values, Mapping):
        for column in values.values():
            yield from _indices(column)
    elif hasattr(values, "iloc"):
        yield values.index


def warn_of_order(**given: Any) -> None:
    """Rows belong together by their positions, which is hardly what is meant where indices say the same rows in another order."""
    first: tuple[str, Any] | None = None
    for name, values in given.items():
        for index in _indices(values):
            if first is None:
                first = name, index
            elif len(index) == len(first[1]) and not index.equals(first[1]) and index.isin(first[1]).all():
                warnings.warn(
                    f"{name}: by its index, its rows are in another order than those of {first[0]}; rows are taken by their "
                    "positions",
                    stacklevel=3,
                )
                return


# ---- codes and numbers ----


def codes_of(values: Any, what: str) -> Codes:
    """Codes of distinct values, and what these are called."""
    if getattr(getattr(values, "dtype", None), "name", None) == "category" and hasattr(values, "cat"):
        categories = [_spell(v, what) or "" for v in values.cat.categories]
        codes = np.ascontiguousarray(values.cat.codes.to_numpy(), np.int64)
        if codes.size == 0:
            raise refuse(f"{what}: expected values, found none")
        return np.where(codes < 0, MISSING, codes).astype(np.uint32), categories
    given = array_of(values, what)
    if isinstance(given, Coded):
        if len(given) == 0:
            raise refuse(f"{what}: expected values, found none")
        return given.codes, given.names
    array = vector(given, what)
    kind = array.dtype.kind
    if kind == "b":
        return array.astype(np.uint32), ["False", "True"]
    if kind in "iu":
        return _of_whole(array)
    if kind == "f":
        return _of_real(array, what)
    if kind in "USOT":
        return _of_objects(array.tolist(), what)
    raise refuse(f"{what}: expected text, numbers or truth values, found {array.dtype}")


def value_name(value: Any, what: str) -> str:
    """What a single value is called."""
    codes, names = codes_of([value], what)
    if codes[0] == MISSING:
        raise refuse(f"{what}: expected a value, found {value!r}")
    return names[int(codes[0])]


def class_order(values: Sequence[str]) -> list[str]:
    """Numbers by size, then text, as the library sorts classes."""

    def key(value: str) -> tuple[bool, float, str]:
        try:
            return (False, float(value), value)
        except ValueError:
            return (True, 0.0, value)

    return sorted(dict.fromkeys(values), key=key)


def check_order(names: Sequence[str], labels: Any, columns: str, hint: str) -> None:
    """Others sort text that looks like numbers as text: whose order columns of classes have, nobody can tell then."""
    if sorted(names) != list(names) and _holds_text(labels):
        raise refuse(f"{columns}: are its columns in the order {', '.join(names[:5])} or {', '.join(sorted(names)[:5])}? {hint}")


def _holds_text(values: Any) -> bool:
    given = getattr(getattr(values, "cat", None), "categories", values)
    array = given if isinstance(given, Coded) else array_of(given, "labels")
    return isinstance(array, Coded) or array.dtype.kind in "UST" or any(isinstance(v, str) for v in array.reshape(-1)[:1].tolist())


def are_called(values: Any, names: Sequence[str]) -> bool:
    """Whether the columns of a frame are called as the classes."""
    columns = getattr(values, "column_names", None) or getattr(values, "columns", None)
    return columns is not None and {str(column) for column in columns} == set(names)


def class_columns(values: Any, names: Sequence[str], what: str) -> NDArray[np.float64]:
    """Numbers for each row and class: the columns of a frame that are called as the classes, in the order of these."""
    if isinstance(values, np.ndarray) or not hasattr(values, "columns"):
        return numbers_of(values, what)
    columns = columns_of(values, what)
    taken = names if are_called(values, names) else columns
    return np.column_stack([numbers_of(columns[name], f"{what}: {name!r}") for name in taken])


def ordered_codes(values: Any, what: str, *, without: tuple[str, ...] = ()) -> Codes:
    """The same of the values that occur, numbered in their order; missing ones, and some values, are missing."""
    codes, names = codes_of(values, what)
    counts = np.bincount(np.minimum(codes, len(names)), minlength=len(names) + 1)[:-1]
    occurring = [name for name, count in zip(names, counts, strict=True) if count and name not in without]
    order = occurring if isinstance(values, Coded) and values.in_order else class_order(occurring)
    place = {name: k for k, name in enumerate(order)}
    ranks = np.array([place.get(name, MISSING) for name in names] + [MISSING], np.uint32)
    return ranks[np.minimum(codes, len(names))], order


def id_texts(values: Any, rows: int) -> list[str]:
    """What each row is called."""
    codes, names = codes_of(values, "ids")
    if len(codes) != rows:
        raise refuse(f"ids: expected {rows} rows, as y has, found {len(codes)}")
    if (codes == MISSING).any():
        raise refuse("ids: expected a value for each row, found missing ones")
    return [names[code] for code in codes.tolist()]


def numbers_of(values: ArrayLike, what: str) -> NDArray[np.float64]:
    """Numbers of one or two dimensions as float64, without a copy where they are that."""
    array = array_of(values, what)
    if isinstance(array, Coded) or array.dtype.kind not in "biuf":
        raise refuse(f"{what}: expected numbers, found {'text' if isinstance(array, Coded) else array.dtype}")
    if array.ndim not in (1, 2) or array.size == 0:
        raise refuse(f"{what}: expected numbers for each row, found shape {array.shape}")
    return np.ascontiguousarray(array, np.float64)


def _of_data_set(features: Any) -> dict[str, Any]:
    """A data set of Hugging Face's by its interface: columns by names, of which features say what codes mean."""
    columns: dict[str, Any] = {}
    for name in features.column_names:
        column = features[name]
        names = getattr(features.features.get(name), "names", None)
        codes = np.asarray(list(column) if names else [], np.int64)
        if names:
            columns[str(name)] = Coded(np.where(codes < 0, MISSING, codes).astype(np.uint32), [str(n) for n in names])
        else:
            columns[str(name)] = column if exports_arrow(column) else np.asarray(list(column))
    return columns


def _by_name(names: Sequence[Any], column: Callable[[Any], Any], what: str) -> dict[str, Any]:
    columns = [str(name) for name in names]
    if len(set(columns)) < len(columns):
        raise refuse(f"{what}: expected columns of different names, found {', '.join(columns[:10])}")
    return {said: column(name) for said, name in zip(columns, names, strict=True)}


def columns_of(features: Any, what: str = "sensitive_features") -> dict[str, Any]:
    """Columns by name: a mapping, a data frame, a table of Arrow's, a data set, a series, or an array of one or two
    dimensions."""
    if isinstance(features, Mapping):
        return _by_name(list(features), lambda name: features[name], what)
    if hasattr(features, "column_names") and hasattr(getattr(features, "features", None), "get"):
        return _of_data_set(features)
    if exports_arrow(features):
        columns = columns_from_arrow(features, what)
        return {name or name_of(features) or "group": column for name, column in columns.items()}
    if hasattr(features, "columns") and hasattr(features, "__getitem__"):
        return _by_name(list(features.columns), lambda name: features[name], what)
    given = array_of(features, what)
    if not isinstance(given, Coded) and given.ndim == 2:
        if given.shape[1] == 1:
            return {"group": given[:, 0]}
        return {f"group_{k}": given[:, k] for k in range(given.shape[1])}
    return {name_of(features) or "group": features}
