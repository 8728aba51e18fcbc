"""Charts of the pages as pictures of their own."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from despur._table import refuse


class Plot:
    """A chart as SVG, drawn by despur; a notebook shows it, and no style of it reaches the notebook.

    Attributes
    ----------
    title : str
    svg : str
        The file.
    """

    __slots__ = ("svg", "title")

    def __init__(self, title: str, svg: str) -> None:
        self.title = title
        self.svg = svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the SVG file."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_html_(self) -> str:
        coded = base64.b64encode(self.svg.encode()).decode()
        return f'<img alt="{self.title}" src="data:image/svg+xml;base64,{coded}">'

    def __repr__(self) -> str:
        return f"Plot({self.title!r})"


def plots_of(page: str) -> list[Plot]:
    """Every chart of a page with the page's rules of style, which SVG shares."""
    style = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    plots = []
    for svg in re.findall(r'<svg class="plot".*?</svg>', page, re.DOTALL):
        head, title, rest = re.split(r"<title>(.*?)</title>", svg, maxsplit=1, flags=re.DOTALL)
        width, height = re.findall(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', head)[0]
        opened = head.rstrip().removesuffix(">")
        size = f'xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        said = '<?xml version="1.0" encoding="UTF-8"?>\n'
        plots.append(Plot(title, f"{said}{opened} {size}>\n<title>{title}</title>\n<style>{style}</style>{rest}\n"))
    return plots


def draw_intervals(ax: Any, names: Sequence[str], shares: Sequence[Sequence[float]], what: str) -> Any:
    """Shares with the ends of their intervals, in per cent, the first one on top, into axes of matplotlib, of which only
    methods are used."""
    values, lows, highs = shares
    places = list(range(len(names)))[::-1]
    below = [100 * (v - low) for v, low in zip(values, lows, strict=True)]
    above = [100 * (high - v) for v, high in zip(values, highs, strict=True)]
    ax.errorbar([100 * v for v in values], places, xerr=[below, above], fmt="o", capsize=3)
    ax.set_yticks(places)
    ax.set_yticklabels(list(names))
    ax.set_xlabel(what)
    return ax


class HasPlots:
    """A result with a page, whose charts can be had one by one."""

    __slots__ = ()

    def _page(self) -> str:
        raise NotImplementedError

    @property
    def plots(self) -> tuple[Plot, ...]:
        """The charts of its page."""
        return tuple(plots_of(self._page()))

    def plot(self, title: str | None = None) -> Plot:
        """A chart as SVG.

        Parameters
        ----------
        title : str, optional
            What its title begins with; else it is the first chart.

        Returns
        -------
        Plot
        """
        drawn = self.plots
        for one in drawn:
            if title is None or one.title.startswith(title):
                return one
        titles = ", ".join(repr(one.title) for one in drawn) or "none"
        raise refuse(f"there is no chart {title or 'here'!r}; there are: {titles}")
