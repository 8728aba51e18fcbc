"""What is said while something long goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Listener = Callable[[str, Any], object]


class Bar:
    """A line on standard error, which terminals and notebooks show."""

    def __init__(self) -> None:
        self.open = False

    def __call__(self, kind: str, value: Any) -> None:
        if kind != "progress":
            self._write(f"{value}", "\n")
            return
        if "complete" in value:
            text = f"{value['complete']} of {value['total']} runs complete"
        elif "epoch" in value:
            share = 100 * value["done"] / max(value["total"], 1)
            text = f"{value['stage']}: epoch {value['epoch']} of {value['epochs']}, {share:3.0f} %, loss {value['loss']:.4f}"
        else:
            filled = round(20 * value["done"] / max(value["total"], 1))
            text = f"[{'#' * filled}{'.' * (20 - filled)}] {value['done']} of {value['total']}: {value['stage']}"
        self._write(text, "")
        self.open = True

    def _write(self, text: str, end: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K{end}")
        sys.stderr.flush()

    def close(self) -> None:
        if self.open:
            sys.stderr.write("\n")
            sys.stderr.flush()


def _is_seen(stream: Any) -> bool:
    """A terminal, or a notebook's output."""
    return bool(stream.isatty()) or type(stream).__module__.partition(".")[0] == "ipykernel"


@contextmanager
def listening(progress: Listener | bool | None) -> Iterator[Listener | None]:
    """The callback, a bar, or None."""
    if progress is None:
        progress = _is_seen(sys.stderr)
    if not isinstance(progress, bool):
        yield progress
    elif not progress:
        yield None
    else:
        bar = Bar()
        try:
            yield bar
        finally:
            bar.close()
