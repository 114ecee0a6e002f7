"""Columns that are not of numbers, a panel each: categories as shares of the classes, dates as counts over time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from seedbed.columns.colours import pick_colours
from seedbed.data.arrays import Codes, Counts, Floats
from seedbed.reports.figures.labels import make_drawable, measure_text
from seedbed.reports.figures.marks import ClassLegend, make_markers
from seedbed.reports.figures.plot import HEADING, MARGIN, add_panel, fit_size, label_dates, open_sheet
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PAPER

MOST_BARS = 8  # of a column; rarer categories are one
NO_VALUE = "no value"
_BINS = 24
_PITCH, _TITLE, _AXIS, _BETWEEN = 20, 32, 28, 26  # pixels: of a bar; above and below a panel; between two


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Rows of each class in parts of a column, an array of shape (n_parts, n_classes).

    The parts are categories, by the name of each, or spans between `edges`, in days since 1970.
    """

    name: str
    counts: Counts
    bars: Sequence[str] = ()
    edges: Floats | None = None


def count_categories(name: str, categories: Sequence[str], values: Floats, codes: Codes, n_classes: int) -> ClassCounts:
    """Count by category: the most frequent ones in their order, all others together, and the gaps.

    `values`, of shape (n_rows,), are indices in `categories`, NaN for a gap; `codes` index the classes.
    """
    counts = np.zeros((len(categories) + 1, n_classes), dtype=np.int64)
    np.add.at(counts, (np.nan_to_num(values, nan=len(categories)).astype(np.intp), codes), 1)
    order = np.argsort(-counts[:-1].sum(axis=1), kind="stable")
    order = order[: np.count_nonzero(counts[:-1].any(axis=1))]
    shown, rest = np.sort(order[:MOST_BARS]), order[MOST_BARS:]
    bars = make_drawable([categories[at] for at in shown], longest=18, kind="category")
    parts = [*counts[shown], *[counts[rest].sum(axis=0)] * bool(len(rest)), *[counts[-1]] * bool(counts[-1].any())]
    bars += [f"{len(rest):,} more"] * bool(len(rest)) + [NO_VALUE] * bool(counts[-1].any())
    return ClassCounts(name, np.array(parts), bars)


def count_dates(name: str, values: Floats, codes: Codes, n_classes: int) -> ClassCounts:
    """Count in equal spans of time, days since 1970; a gap is in none."""
    there = np.isfinite(values)
    low, high = (values[there].min(), values[there].max()) if there.any() else (0.0, 1.0)
    edges = np.linspace(low, max(high, low + 1), _BINS + 1)
    counts = [np.histogram(values[there & (codes == code)], bins=edges)[0] for code in range(n_classes)]
    return ClassCounts(name, np.array(counts).T, edges=edges)


def draw_categories(columns: Sequence[ClassCounts], classes: Sequence[str], note: str = "", title: str = "") -> Sheet:
    """Draw a bar a category with each class's share of its rows, whose number stands beside it; few bars come first."""
    columns = sorted(columns, key=lambda column: len(column.bars))
    names = max(measure_text(bar, 9) for column in columns for bar in column.bars)
    totals = [[f"{total:,}" for total in column.counts.sum(axis=1).tolist()] for column in columns]
    beside = max(measure_text(text, 8.5) for text in ["100 %", *itertools.chain.from_iterable(totals)])
    room = int(names) + 10, int(beside) + 8
    frequent = np.cumsum(columns[0].counts.sum(axis=0))[:-1] / columns[0].counts.sum()
    title = title or "Categories by class, with the number of rows"
    heights = [len(own) * _PITCH + 4 for own in totals]
    with _open_panels(columns, classes, (title, note), room, heights) as (sheet, panels):
        for axes, column, own in zip(panels, columns, totals, strict=True):
            places = np.arange(float(len(own)))
            shares = column.counts / np.maximum(column.counts.sum(axis=1, keepdims=True), 1)
            _stack(axes.barh, places, shares, 0.76, "center")
            if len(classes) == 2:
                axes.vlines(frequent, -0.5, len(own) - 0.5, color=INK, linewidth=0.9, linestyle=(0, (2, 2)))
            for at, total in enumerate(own):
                axes.text(1.03, at, total, fontsize=8.5, va="center_baseline", color=MUTED)
            axes.set_xlim(0, 1)
            axes.set_ylim(len(own) - 0.4, -0.6)
            axes.set_yticks(places, column.bars)
            axes.set_xticks([0, 0.5, 1], ["0", "50", "100 %"])
            axes.spines["bottom"].set_visible(False)
    return sheet


def draw_dates(columns: Sequence[ClassCounts], classes: Sequence[str], note: str = "") -> Sheet:
    """Draw how many rows of each class there are over time, the classes on one another."""
    heights = [130] * len(columns)
    with _open_panels(columns, classes, ("Dates: rows over time", note), (34, 0), heights) as (sheet, panels):
        for axes, column in zip(panels, columns, strict=True):
            assert column.edges is not None
            _stack(axes.bar, column.edges[:-1], column.counts, np.diff(column.edges), "edge")
            label_dates(axes)
            axes.locator_params(axis="y", nbins=4, integer=True)
            axes.grid(axis="y")
    return sheet


def _stack(draw: Callable[..., Any], places: Floats, parts: Floats | Counts, width: Floats | float, align: str) -> None:
    """Draw bars at places with the classes on one another; parts are of shape (n_places, n_classes)."""
    starts = np.cumsum(parts, axis=1) - parts
    for code, colour in enumerate(pick_colours(parts.shape[1])):
        style = {"align": align, "color": colour, "edgecolor": PAPER, "linewidth": 0.6}
        draw(places, parts[:, code], width, starts[:, code], **style)


@contextmanager
def _open_panels(
    columns: Sequence[ClassCounts],
    classes: Sequence[str],
    title: tuple[str, str],
    room: tuple[int, int],
    heights: Sequence[int],
) -> Iterator[tuple[Sheet, list[Axes]]]:
    """Yield a sheet with a titled panel for each column below a legend; `room` beside, and `heights`, are in pixels."""
    across = max(1, min(4, math.ceil(math.sqrt(len(columns)))))
    width = 300 if across <= 2 else 190
    step = room[0] + width + room[1] + _BETWEEN
    whole = max(2 * MARGIN + across * step - _BETWEEN, 560)
    legend = ClassLegend(make_markers(classes), whole - 2 * MARGIN)
    pitches = [max(heights[at : at + across]) + _TITLE + _AXIS for at in range(0, len(columns), across)]
    *tops, end = itertools.accumulate(pitches, initial=HEADING + legend.height + 4)
    with open_sheet(whole, end + MARGIN // 2, *title) as sheet:
        legend.draw(sheet, HEADING)
        panels = []
        names = make_drawable([column.name for column in columns], longest=34, kind="feature")
        for number, name in enumerate(names):
            row, place = divmod(number, across)
            left = MARGIN + place * step + room[0]
            axes = add_panel(sheet, left, tops[row] + _TITLE, width, heights[number])
            axes.set_title(name, loc="left", fontsize=fit_size(name, 11, width), fontweight="bold", pad=8)
            axes.tick_params(axis="y", labelsize=9)
            axes.tick_params(axis="x", labelsize=8.5, labelcolor=MUTED, length=3, pad=3)
            axes.grid(visible=False)
            panels.append(axes)
        yield sheet, panels
