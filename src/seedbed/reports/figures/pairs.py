"""The pair plot: every two features against each other, and each one's distribution, by class."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from seedbed.data.arrays import Codes, Floats
from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.marks import ClassMark, Legend, class_marks
from seedbed.reports.figures.plot import CRISP, HEADING, MARGIN, heading, limits, panel
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PAPER, RULE, darker, house

MOST_FEATURES = 5
MOST_POINTS = 2000
_BINS = 12
_SEPARATE_CLASSES = 12  # more outlines in one panel are not told apart
_TURNS = 6
_LEFT, _BELOW, _GAP = 62, 52, 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """The pair plot, worked out.

    Attributes
    ----------
    names : of the features, as drawn.
    values : array of shape (n_points, n_features).
    codes : array of shape (n_points,), the class of each point as its place in `marks`.
    counts : array of shape (n_features, n_lines, n_bins), rows in each bin: a line a class, or one for all classes.
    edges : array of shape (n_features, n_bins + 1).
    """

    names: tuple[str, ...]
    marks: tuple[ClassMark, ...]
    values: Floats
    codes: Codes
    counts: npt.NDArray[np.intp]
    edges: Floats
    note: str


def pairs_of(features: pd.DataFrame, codes: Codes, classes: Sequence[str], note: str = "") -> Pairs:
    """Work out the pair plot.

    Parameters
    ----------
    features : finite numbers of shape (n_rows, n_features); of more than 2,000 rows so many are drawn.
    codes : array of shape (n_rows,), each row's place in `classes`.
    note : which features and rows these are, in words.
    """
    values = features.to_numpy(dtype=np.float64)
    lines = range(len(classes)) if len(classes) <= _SEPARATE_CLASSES else [None]
    spans = [limits([column], 0.0 if np.ptp(column) else 1.0) for column in values.T]
    edges = [np.linspace(*span, _BINS + 1) for span in spans]
    counts = [
        [np.histogram(column[codes == line] if line is not None else column, bins=own)[0] for line in lines]
        for column, own in zip(values.T, edges, strict=True)
    ]
    shown = np.arange(len(values))
    if len(values) > MOST_POINTS:
        shown = np.sort(np.random.default_rng(0).choice(len(values), MOST_POINTS, replace=False))
        note = "; ".join(filter(None, [note, f"{MOST_POINTS:,} of {len(values):,} rows, drawn by chance, as points"]))
    return Pairs(
        names=tuple(drawn_names(map(str, features.columns), longest=24, kind="feature")),
        marks=tuple(class_marks(classes)),
        values=values[shown],
        codes=codes[shown],
        counts=np.array(counts),
        edges=np.array(edges),
        note=note,
    )


def draw_pairs(pairs: Pairs) -> bytes:
    """Draw the pair plot as PNG."""
    return drawn_pairs(pairs).png()


def drawn_pairs(pairs: Pairs) -> Sheet:
    """Draw the pair plot."""
    n_features = len(pairs.names)
    size = {1: 420, 2: 300, 3: 240, 4: 205}.get(n_features, 180)
    width = max(MARGIN + _LEFT + n_features * (size + _GAP) + MARGIN, 560)
    legend = Legend(pairs.marks, width - 2 * MARGIN)
    top = HEADING + legend.height + 14
    with house():
        sheet = Sheet(width, top + n_features * (size + _GAP) + _BELOW, CRISP)
        heading(sheet, "Features by pairs" if n_features > 1 else pairs.names[0], pairs.note)
        legend.draw(sheet, HEADING - 2)
        spans = [limits([edges]) for edges in pairs.edges]
        for row in range(n_features):
            for column in range(row + 1):
                place = MARGIN + _LEFT + column * (size + _GAP), top + row * (size + _GAP)
                axes = panel(sheet, *place, size, size)
                if row == column:
                    _distribution(axes, pairs, row)
                else:
                    _points(axes, pairs, column, row)
                    axes.set_ylim(*spans[row])
                axes.set_xlim(*spans[column])
                _label(axes, pairs, (row, column), size)
        sheet.draw()
    return sheet


def _points(axes: Axes, pairs: Pairs, across: int, up: int) -> None:
    size = 5.5 if len(pairs.values) <= 400 else 3.5
    # In turns, so that the last class does not cover the others.
    turns = _TURNS if len(pairs.marks) <= _SEPARATE_CLASSES else 1
    for turn, (place, mark) in itertools.product(range(turns), enumerate(pairs.marks)):
        own = pairs.values[pairs.codes == place][turn::turns]
        style = {"color": mark.colour, "markersize": size * mark.size, "markeredgecolor": PAPER, "markeredgewidth": 0.4}
        axes.plot(own[:, across], own[:, up], mark.shape, alpha=0.85, **style)  # type: ignore[arg-type]
    axes.grid(axis="x", color=RULE, linewidth=0.6)


def _distribution(axes: Axes, pairs: Pairs, place: int) -> None:
    counts, edges = pairs.counts[place], pairs.edges[place]
    by_class = len(counts) == len(pairs.marks)
    colours = [mark.colour for mark in pairs.marks] if by_class else [MUTED]
    dashes = ["-", (0, (5, 1.2)), (0, (1.5, 1)), (0, (4, 1, 1, 1))]  # told apart in grey, too
    for line, (own, colour) in enumerate(zip(counts, colours, strict=True)):
        axes.stairs(own, edges, fill=True, color=colour, alpha=0.25, linewidth=0)
        axes.stairs(own, edges, color=darker(colour), linewidth=1.3, linestyle=dashes[line % len(dashes)])
    axes.set_ylim(0, max(float(counts.max()) * 1.22, 1.0))  # room for the name
    axes.grid(False)


def _label(axes: Axes, pairs: Pairs, place: tuple[int, int], room: int) -> None:
    row, column = place
    last = row == len(pairs.names) - 1
    axes.locator_params(axis="both", nbins=4)
    axes.tick_params(axis="both", labelsize=8.5, labelcolor=MUTED, pad=3)
    axes.tick_params(axis="x", labelbottom=last)
    axes.tick_params(axis="y", labelleft=column == 0 and row > 0)
    across, up = (min(10.0, 10 * (room - 8) / text_width(pairs.names[at], 10)) for at in (column, row))
    if last:
        axes.set_xlabel(pairs.names[column], fontsize=across, color=INK, labelpad=6)
    if column == 0 and row > 0:
        axes.set_ylabel(pairs.names[row], fontsize=up, color=INK, labelpad=6)
    if row == column:
        axes.set_title(pairs.names[row], loc="left", fontsize=0.88 * up, fontweight="bold", pad=3, y=0.9, x=0.03)
