"""A rule on one feature: which class it predicts where, and the rows that it gets wrong."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from seedbed.columns.colours import darken
from seedbed.columns.schema import Kind
from seedbed.data.arrays import Codes, Floats, Mask
from seedbed.reports.figures.labels import make_drawable, measure_text
from seedbed.reports.figures.marks import ClassMarker, make_markers, spread_evenly
from seedbed.reports.figures.plot import HEADING, MARGIN, add_panel, find_limits, label_dates, open_sheet
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, RULE, find_label_step
from seedbed.selection.threshold_rule import ThresholdRule, write_cut

MOST_POINTS = 4000
_WIDTH = 640
_FEW = 8  # cuts whose lines do not bury the points


def draw_rule(
    rule: ThresholdRule,
    features: pd.DataFrame,
    codes: Codes,
    classes: Sequence[str],
    note: str = "",
    kind: Kind = Kind.NUMBER,
) -> Sheet:
    """Draw a line a class with its rows as points; a tint shows where the rule predicts that class, a cross an error.

    Rows are of shape (n_rows, n_features) and (n_rows,); of many so many are drawn. Dates are days since 1970.
    """
    drawn = np.sort(np.random.default_rng(0).permutation(len(codes))[:MOST_POINTS])
    rows, own = features.to_numpy(dtype=np.float64)[drawn], codes[drawn]
    (feature,) = make_drawable([str(features.columns[rule.column])], longest=60, kind="feature")
    markers, values = make_markers(classes), rows[:, rule.column]
    names = [marker.name for marker in markers]
    pitch = 54 if len(names) <= 6 else max(17, 540 // len(names))
    left = MARGIN + int(max(measure_text(name, 10) for name in names)) + 14
    size = left + _WIDTH + MARGIN, HEADING + 24 + pitch * len(names) + 58
    with open_sheet(*size, f"A rule on one feature: {feature}", note) as sheet:
        axes = add_panel(sheet, left, HEADING + 24, _WIDTH, pitch * len(names))
        axes.set_xlim(*find_limits([values, *map(float, rule.cuts)]))
        axes.set_ylim(len(names) - 0.5, -0.5)
        _draw_intervals(axes, rule, markers, kind)
        _draw_rows(axes, markers, values, own, rule.predict(rows) == own, pitch)
        step = find_label_step(pitch)
        axes.set_yticks(range(0, len(names), step), names[::step])
        axes.tick_params(axis="y", labelsize=10)
        if kind is Kind.DATE:
            label_dates(axes)
        axes.tick_params(axis="x", labelsize=9, labelcolor=MUTED)
        axes.set_xlabel(feature, fontsize=10, color=INK, labelpad=8)
        axes.grid(visible=False)
    return sheet


def _draw_intervals(axes: Axes, rule: ThresholdRule, markers: Sequence[ClassMarker], kind: Kind) -> None:
    low, high = axes.get_xlim()
    for (start, end), code in zip(itertools.pairwise([low, *rule.cuts, high]), rule.codes, strict=True):
        tint = markers[code].colour, 0.22
        axes.add_patch(Rectangle((start, code - 0.5), end - start, 1, facecolor=tint, linewidth=0))
    axes.hlines(np.arange(len(markers) - 1) + 0.5, low, high, color=RULE, linewidth=0.6)
    lines = axes.vlines(rule.cuts, -0.5, len(markers) - 0.5, color=MUTED, linewidth=0.5)
    if len(rule.cuts) <= _FEW:
        lines.set(color=INK, linewidth=1.1, linestyle=(0, (4, 2)))
    ends = -np.inf
    for cut in rule.cuts:
        text = write_cut(cut, kind)
        middle, half = (cut - low) / (high - low) * _WIDTH, measure_text(text, 9.5) / 2 + 4
        if middle - half >= ends:
            axes.annotate(text, (cut, -0.5), (0, 4), textcoords="offset points", ha="center", fontsize=9.5, color=INK)
            ends = middle + half


def _draw_rows(
    axes: Axes, markers: Sequence[ClassMarker], values: Floats, codes: Codes, right: Mask, pitch: int
) -> None:
    spread = spread_evenly(len(values), 0.62)
    many = len(values) > 1000
    size = 2.5 if many else min(5.0, pitch / 5)
    for code, marker in enumerate(markers):
        own = (codes == code) & right
        # On a tint of its own colour a pale point needs an edge.
        style: dict[str, Any] = {
            "markersize": size * marker.size,
            "markeredgecolor": darken(marker.colour),
            "markeredgewidth": 0.6,
        }
        axes.plot(values[own], code + spread[own], marker.shape, color=marker.colour, **style)
    crosses = axes.plot(values[~right], codes[~right] + spread[~right], "x", color=INK)[0]
    crosses.set(markersize=size + 1, markeredgewidth=0.6 if many else 1.4)
