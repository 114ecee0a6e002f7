"""The pair plot: every two features against each other, and each one's distribution, by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import seaborn  # type: ignore[import-untyped]
from matplotlib.axes import Axes

from seedbed.columns.colours import darken
from seedbed.data.arrays import Codes, Counts, Floats
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.marks import ClassLegend, ClassMarker, make_markers
from seedbed.reports.figures.plot import HEADING, MARGIN, add_panel, find_limits, fit_size, open_sheet
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PAPER

MOST_FEATURES = 5
MOST_POINTS = 2000
_BINS = 12
_SEPARATE_CLASSES = 12  # more outlines in one panel are not told apart
_DASHES = ("-", (0, (5, 1.2)), (0, (1.5, 1)), (0, (4, 1, 1, 1)))  # told apart in grey, too
_LEFT, _BELOW, _GAP = 62, 52, 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """The pair plot, worked out.

    Attributes
    ----------
    names : of the features, as drawn.
    values : array of shape (n_points, n_features), in a random order, so that no class covers the others.
    codes : array of shape (n_points,), the class of each point as its index in `markers`.
    counts : array of shape (n_features, n_lines, n_bins), rows in each bin: a line a class, or one for all classes.
    edges : array of shape (n_features, n_bins + 1).
    """

    names: Sequence[str]
    markers: Sequence[ClassMarker]
    values: Floats
    codes: Codes
    counts: Counts
    edges: Floats
    note: str


def count_pairs(features: pd.DataFrame, codes: Codes, classes: Sequence[str], note: str = "") -> Pairs:
    """Work out the pair plot of finite numbers of shape (n_rows, n_features); `codes` (n_rows,) index `classes`.

    Of more than 2,000 rows so many are drawn; `note` says in words which features and rows these are.
    """
    values = features.to_numpy(dtype=np.float64)
    lines = [codes == code for code in range(len(classes))]
    if len(classes) > _SEPARATE_CLASSES:
        lines = [np.full(len(codes), True)]
    spans = [find_limits([column], 0.0 if np.ptp(column) else 1.0) for column in values.T]
    edges = [np.linspace(*span, _BINS + 1) for span in spans]
    counts = [
        [np.histogram(column[line], bins=own)[0] for line in lines] for column, own in zip(values.T, edges, strict=True)
    ]
    drawn = np.random.default_rng(0).permutation(len(values))[:MOST_POINTS]
    if len(values) > MOST_POINTS:
        note = "; ".join(filter(None, [note, f"{MOST_POINTS:,} of {len(values):,} rows, drawn at random, as points"]))
    return Pairs(
        names=make_drawable(list(map(str, features.columns)), longest=24, kind="feature"),
        markers=make_markers(classes),
        values=values[drawn],
        codes=codes[drawn],
        counts=np.array(counts),
        edges=np.array(edges),
        note=note,
    )


def draw_pairs(pairs: Pairs) -> Sheet:
    """Draw the pair plot."""
    n_features = len(pairs.names)
    size = {1: 420, 2: 300, 3: 240, 4: 205}.get(n_features, 180)
    width = max(MARGIN + _LEFT + n_features * (size + _GAP) + MARGIN, 560)
    legend = ClassLegend(pairs.markers, width - 2 * MARGIN)
    top = HEADING + legend.height + 14
    title = "Features by pairs" if n_features > 1 else pairs.names[0]
    with open_sheet(width, top + n_features * (size + _GAP) + _BELOW, title, pairs.note) as sheet:
        legend.draw(sheet, HEADING)
        spans = [find_limits([edges]) for edges in pairs.edges]
        for row in range(n_features):
            for column in range(row + 1):
                axes = add_panel(sheet, MARGIN + _LEFT + column * (size + _GAP), top + row * (size + _GAP), size, size)
                if row == column:
                    _draw_distribution(axes, pairs, row)
                else:
                    _draw_points(axes, pairs, column, row)
                    axes.set_ylim(*spans[row])
                axes.set_xlim(*spans[column])
                _label(axes, pairs, row, column, size)
    return sheet


def _draw_points(axes: Axes, pairs: Pairs, across: int, up: int) -> None:
    size = 5.5 if len(pairs.values) <= 400 else 3.5
    seaborn.scatterplot(
        x=pairs.values[:, across],
        y=pairs.values[:, up],
        hue=pairs.codes,
        style=pairs.codes,
        size=pairs.codes,
        palette={code: marker.colour for code, marker in enumerate(pairs.markers)},
        markers={code: marker.shape for code, marker in enumerate(pairs.markers)},
        sizes={code: (size * marker.size) ** 2 for code, marker in enumerate(pairs.markers)},
        edgecolor=PAPER,
        linewidth=0.4,
        alpha=0.85,
        legend=False,
        ax=axes,
    )
    axes.grid(axis="x")


def _draw_distribution(axes: Axes, pairs: Pairs, at: int) -> None:
    counts, edges = pairs.counts[at], pairs.edges[at]
    colours = [marker.colour for marker in pairs.markers] if len(counts) == len(pairs.markers) else [MUTED]
    for line, (own, colour) in enumerate(zip(counts, colours, strict=True)):
        axes.stairs(own, edges, fill=True, color=colour, alpha=0.25, linewidth=0)
        axes.stairs(own, edges, color=darken(colour), linewidth=1.3, linestyle=_DASHES[line % len(_DASHES)])
    axes.set_ylim(0, max(float(counts.max()) * 1.22, 1.0))  # room for the name
    axes.grid(visible=False)


def _label(axes: Axes, pairs: Pairs, row: int, column: int, room: int) -> None:
    across, up = (fit_size(pairs.names[at], 10, room - 8) for at in (column, row))
    last, first = row == len(pairs.names) - 1, column == 0 and row > 0
    axes.locator_params(axis="both", nbins=4)
    axes.tick_params(axis="both", labelsize=8.5, labelcolor=MUTED, pad=3)
    axes.tick_params(axis="x", labelbottom=last)
    axes.tick_params(axis="y", labelleft=first)
    axes.set_xlabel(pairs.names[column] if last else "", fontsize=across, color=INK, labelpad=6)
    axes.set_ylabel(pairs.names[row] if first else "", fontsize=up, color=INK, labelpad=6)
    if row == column:
        axes.set_title(pairs.names[row], loc="left", fontsize=0.88 * up, fontweight="bold", pad=3, y=0.9, x=0.03)
