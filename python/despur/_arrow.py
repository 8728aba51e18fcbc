"""Tables and columns by the Arrow C data interface alone: polars, pyarrow, DuckDB and whoever else exports it.

Numbers are seen where they lie. Text and dictionaries become codes with names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from despur import _core

MISSING = 2**32 - 1

_NUMBERS = {"c": "i1", "C": "u1", "s": "<i2", "S": "<u2", "i": "<i4", "I": "<u4", "l": "<i8", "L": "<u8",
            "e": "<f2", "f": "<f4", "g": "<f8"}  # fmt: skip
_OFFSETS = {"u": "<i4", "z": "<i4", "U": "<i8", "Z": "<i8"}
_INLINE = 12  # bytes of text that a view holds itself


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of values that have names; MISSING where there is none."""

    codes: NDArray[np.uint32]
    names: list[str]
    in_order: bool = False  # as they stand, as ranges do; else numbers by size, then text

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One array of one batch."""

    batch: Any
    length: int
    nulls: int
    offset: int
    addresses: list[int]
    children: list[Any]
    dictionary: Any

    def memory(self, k: int, count: int, dtype: str) -> NDArray[Any]:
        """Buffer k as `count` values."""
        width = np.dtype(dtype).itemsize
        if count == 0 or self.addresses[k] == 0:
            return np.zeros(0, dtype)
        return np.frombuffer(self.batch.memory(self.addresses[k], count * width), dtype)

    def bits(self, k: int) -> NDArray[np.bool_]:
        count = (self.offset + self.length + 7) // 8
        whole = np.unpackbits(self.memory(k, count, "u1"), bitorder="little")
        return whole[self.offset : self.offset + self.length].astype(bool)

    def missing(self) -> NDArray[np.bool_] | None:
        """None: none are."""
        if self.nulls == 0 or not self.addresses or self.addresses[0] == 0:
            return None
        gone = ~self.bits(0)
        return gone if gone.any() else None

    def child(self, k: int, start: int | None = None, length: int | None = None) -> _Piece:
        """A child; of one that was cut, the same cut."""
        n, nulls, offset, *rest = self.children[k]
        if start is not None and length is not None:
            n, nulls, offset = length, nulls and -1, offset + start
        return _Piece(self.batch, n, nulls, offset, *rest)


def _refuse(what: str, kind: str) -> _core.InputError:
    return _core.InputError(f"{what}: expected text, numbers or truth values, found Arrow's format {kind!r}")


# ---- text ----


def _texts(piece: _Piece, kind: str) -> list[str]:
    """As many as the piece has, whatever stands where one is missing."""
    if kind in ("vu", "vz"):
        return _views(piece)
    ends = piece.memory(1, piece.offset + piece.length + 1, _OFFSETS[kind])[piece.offset :]
    if len(ends) == 0:
        return []
    whole = piece.memory(2, int(ends[-1]), "u1").tobytes()
    at = ends.tolist()
    return [whole[a:b].decode() for a, b in zip(at, at[1:], strict=False)]


def _views(piece: _Piece) -> list[str]:
    """Views of 16 bytes: a length, and the text, or its beginning, buffer and place in that."""
    views = piece.memory(1, 4 * (piece.offset + piece.length), "<i4").reshape(-1, 4)[piece.offset :]
    sizes = piece.memory(len(piece.addresses) - 1, len(piece.addresses) - 3, "<i8").tolist()
    buffers = [piece.memory(2 + k, size, "u1").tobytes() for k, size in enumerate(sizes)]
    inline, out = views[:, 1:].tobytes(), []
    for k, (length, _, buffer, place) in enumerate(views.tolist()):
        start = _INLINE * k
        held = length <= _INLINE
        said = inline[start : start + length] if held else buffers[buffer][place : place + length]
        out.append(said.decode())
    return out


def _code_texts(texts: list[str], gone: NDArray[np.bool_] | None) -> Coded:
    place: dict[str, int] = {}
    codes = np.array([place.setdefault(text, len(place)) for text in texts], np.uint32)
    if gone is not None:
        codes[gone] = MISSING
    return Coded(codes, list(place))


def _code_dictionary(piece: _Piece, schema: Any) -> Coded:
    kind, of = schema[0], schema[4]
    if of[0] not in _OFFSETS and of[0] not in ("vu", "vz"):
        raise _refuse("a dictionary", of[0])
    names = _texts(_Piece(piece.batch, *piece.dictionary), of[0])
    codes = piece.memory(1, piece.offset + piece.length, _NUMBERS[kind])[piece.offset :].astype(np.uint32)
    gone = piece.missing()
    if gone is not None:
        codes[gone] = MISSING
    if len(names) > 0 and (codes[codes != MISSING] >= len(names)).any():
        raise _core.InputError("a dictionary's codes reach beyond its values")
    return Coded(codes, names)


# ---- columns ----


def _numbers(piece: _Piece, kind: str) -> NDArray[Any]:
    values = piece.memory(1, piece.offset + piece.length, _NUMBERS[kind])[piece.offset :]
    gone = piece.missing()
    if gone is None:
        return values
    values = values.astype(np.float64 if values.dtype.kind != "f" else values.dtype)
    values[gone] = np.nan
    return values


def _lists(piece: _Piece, schema: Any, what: str) -> NDArray[Any]:
    """Lists of numbers, all of one length: [n, length]."""
    kind, child = schema[0], schema[3][0]
    if piece.missing() is not None:
        raise _core.InputError(f"{what}: expected numbers in each row, found a missing list")
    if kind.startswith("+w:"):
        width = int(kind[3:])
        start = piece.offset * width
    else:
        ends = piece.memory(1, piece.offset + piece.length + 1, "<i8" if kind == "+L" else "<i4")[piece.offset :]
        widths = np.unique(np.diff(ends))
        if len(widths) > 1:
            raise _core.InputError(f"{what}: expected as many numbers in each row, found {widths[0]} and {widths[-1]}")
        width, start = (int(widths[0]), int(ends[0])) if len(widths) else (0, 0)
    inner = _column(piece.child(0, start, piece.length * width), child, what)
    if isinstance(inner, Coded) or inner.ndim != 1:
        raise _refuse(what, child[0])
    return inner.reshape(piece.length, width)


def _column(piece: _Piece, schema: Any, what: str) -> NDArray[Any] | Coded:
    kind = schema[0]
    if schema[4] is not None:
        return _code_dictionary(piece, schema)
    if kind in _NUMBERS:
        return _numbers(piece, kind)
    if kind == "b":
        gone, bits = piece.missing(), piece.bits(1) if piece.length else np.zeros(0, bool)
        if gone is None:
            return bits
        return Coded(np.where(gone, MISSING, bits).astype(np.uint32), ["False", "True"])
    if kind in _OFFSETS or kind in ("vu", "vz"):
        return _code_texts(_texts(piece, kind), piece.missing())
    if kind == "n":
        return np.full(piece.length, np.nan)
    if kind in ("+l", "+L") or kind.startswith("+w:"):
        return _lists(piece, schema, what)
    raise _refuse(what, kind)


def _joined(pieces: list[NDArray[Any] | Coded]) -> NDArray[Any] | Coded:
    """One column of several batches, which have to be copied; one batch is not."""
    if len(pieces) == 1:
        return pieces[0]
    coded = [p for p in pieces if isinstance(p, Coded)]
    if not coded:
        return np.concatenate([p for p in pieces if not isinstance(p, Coded)])
    if len(coded) < len(pieces):  # truth values, of which some batches miss some
        coded = [p if isinstance(p, Coded) else Coded(p.astype(np.uint32), ["False", "True"]) for p in pieces]
    place: dict[str, int] = {}
    parts = []
    for piece in coded:
        to = np.array([place.setdefault(name, len(place)) for name in piece.names] + [MISSING], np.uint32)
        parts.append(to[np.minimum(piece.codes, len(piece.names))])
    return Coded(np.concatenate(parts), list(place))


# ---- whoever exports it ----


def exports_arrow(values: object) -> bool:
    """Series and frames of pandas do as well, but need pyarrow for it and are better asked as they are."""
    found = hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__")
    return found and not hasattr(values, "iloc")


def _read(values: Any) -> tuple[Any, list[Any]]:
    read: Callable[..., Any]
    if hasattr(values, "__arrow_c_stream__"):
        read = _core.arrow_stream
        found: tuple[Any, list[Any]] = read(values.__arrow_c_stream__())
    else:
        found = _core.arrow_array(*values.__arrow_c_array__())
    return found


def columns_from_arrow(values: Any, what: str = "column") -> dict[str, NDArray[Any] | Coded]:
    """The columns of a table by their names; one column alone is called ''."""
    schema, batches = _read(values)
    pieces = [_Piece(batch, *array) for batch, array in batches]
    if schema[0] != "+s":
        parts = [_column(p, schema, what) for p in pieces]
        return {schema[1] or "": _joined(parts) if parts else np.zeros(0)}
    names = [child[1] or "" for child in schema[3]]
    if len(set(names)) < len(names):
        raise _core.InputError(f"{what}: expected columns of different names")
    out: dict[str, NDArray[Any] | Coded] = {}
    for k, child in enumerate(schema[3]):
        parts = [_column(p.child(k, p.offset, p.length), child, f"{what}: {names[k]!r}") for p in pieces]
        out[names[k]] = _joined(parts) if parts else np.zeros(0)
    return out
