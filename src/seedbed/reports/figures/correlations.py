"""Correlations of features: over all rows above the diagonal, within the classes below it."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Rectangle

from seedbed.data.arrays import Floats
from seedbed.data.checks import Correlations
from seedbed.reports.figures.heat import HeatMap, open_heat_map
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import RULE, SIGNS, pick_inks

MOST_FEATURES = 40
_NUMBERED = 16


def join_triangles(correlations: Correlations) -> Floats:
    """Return both in one array of shape (n_features, n_features): over all above the diagonal, within below it."""
    joined: Floats = np.triu(correlations.over_all, 1) + np.tril(correlations.within, -1)
    return joined


def draw_correlations(correlations: Correlations, note: str = "") -> Sheet:
    """Draw the correlations: the darker the stronger, the sign by hue, and for grey by a number or a stroke."""
    names, values = make_drawable(correlations.names, longest=30, kind="feature"), join_triangles(correlations)
    numbered = len(names) <= _NUMBERED
    cell = max(44, min(108, 560 // len(names))) if numbered else max(15, 800 // len(names))
    texts = np.array([[f"{value:+.2f}".replace("-", "−") for value in row] for row in values])
    heat = HeatMap(
        title="Correlations",
        subtitle=note,
        values=values,
        texts=texts if numbered else None,
        low=-1,
        high=1,
        rows=names,
        columns=names,
        cell=(cell, cell),
        text_size=9.5,
        label_size=10 if numbered else 8.5,
        bar=26,
        colours=SIGNS,
    )
    with open_heat_map(heat) as (sheet, cells, bar):
        for at in range(len(names)):
            cells.add_patch(Rectangle((at, at), 1, 1, color=RULE, linewidth=0, zorder=4))
        if not numbered:
            # No room for numbers: mark what falls as the other rises.
            rows, columns = np.nonzero(np.nan_to_num(values) <= -0.05)
            inks = pick_inks((values[rows, columns] + 1) / 2, SIGNS)
            cells.hlines(rows + 0.5, columns + 0.25, columns + 0.75, colors=inks.tolist(), linewidth=1.4)
        assert bar is not None
        bar.set_yticks([-1, -0.5, 0, 0.5, 1], ["−1", "−0.5", "0", "+0.5", "+1"])
    return sheet
