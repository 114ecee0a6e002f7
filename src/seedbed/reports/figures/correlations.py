"""Correlations of features: over all rows above the diagonal, within the classes below it."""

from __future__ import annotations

import numpy as np
import seaborn  # type: ignore[import-untyped]
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from seedbed.data.arrays import Floats
from seedbed.data.checks import Correlations
from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.plot import CRISP, HEADING, MARGIN, heading, panel
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import HEAT, MUTED, PAPER, RULE, dark_reads_better, house

MOST_FEATURES = 40
_NUMBERED = 16


def triangles(correlations: Correlations) -> Floats:
    """Return both in one array of shape (n_features, n_features): over all above the diagonal, within below it."""
    found: Floats = np.triu(correlations.over_all, 1) + np.tril(correlations.within, -1)
    np.fill_diagonal(found, np.nan)
    return found


def draw_correlations(correlations: Correlations, note: str = "") -> bytes:
    """Draw the correlations as PNG.

    Parameters
    ----------
    note : which features and rows these are, in words.
    """
    return drawn_correlations(correlations, note).png()


def drawn_correlations(correlations: Correlations, note: str = "") -> Sheet:
    """Draw the correlations: the darker the stronger, the sign as a number or a stroke, so that grey keeps it."""
    names, values = drawn_names(correlations.names, longest=30, kind="feature"), triangles(correlations)
    numbered = len(names) <= _NUMBERED
    cell = max(44, min(108, 560 // len(names))) if numbered else max(15, 800 // len(names))
    size = 10 if numbered else 8.5
    widest = int(max(text_width(name, size) for name in names))
    turned = widest > cell - 6
    left = MARGIN + widest + 14
    below = widest if turned else 16
    with house():
        side = cell * len(names)
        sheet = Sheet(max(left + side + MARGIN + 100, 620), HEADING + 26 + side + below + 24, CRISP)
        heading(sheet, "Correlations", note)
        axes = panel(sheet, left, HEADING + 20, side, side)
        bar = panel(sheet, left + side + 26, HEADING + 20, 12, min(side, 200))
        _heat(axes, bar, values, numbered)
        _strokes(axes, values, numbered)
        _label(axes, names, size, turned)
        bar.set_yticks([0, 0.5, 1], ["0", "±0.5", "±1"])
        bar.tick_params(labelsize=9, labelcolor=MUTED)
        bar.grid(False)
        sheet.draw()
    return sheet


def _heat(axes: Axes, bar: Axes, values: Floats, numbered: bool) -> None:
    shown = np.isfinite(values)
    texts = np.array([[f"{value:+.2f}".replace("-", "−") for value in row] for row in values])
    seaborn.heatmap(
        np.abs(values),
        vmin=0,
        vmax=1,
        cmap=HEAT,
        annot=texts if numbered else False,
        fmt="",
        annot_kws={"fontsize": 9.5},
        mask=~shown,
        linewidths=1.0,
        linecolor=PAPER,
        ax=axes,
        cbar_ax=bar,
    )
    dark = dark_reads_better(HEAT(np.abs(values[shown]))[..., :3])
    for text, own in zip(axes.texts, dark, strict=False):
        text.set_color("#000000" if own else "#ffffff")


def _strokes(axes: Axes, values: Floats, numbered: bool) -> None:
    """Hatch what is not defined; where there is no room for numbers, mark what falls as the other rises."""
    for row, column in np.argwhere(~np.isfinite(values)).tolist():
        if row == column:
            axes.add_patch(Rectangle((column, row), 1, 1, color=RULE, linewidth=0))
        else:
            axes.add_patch(Rectangle((column, row), 1, 1, fill=False, hatch="////", edgecolor=RULE, linewidth=0))
    if numbered:
        return
    falling = np.argwhere(np.nan_to_num(values) <= -0.05)
    for dark, ink in ((True, "#000000"), (False, "#ffffff")):
        own = [place for place in falling if dark_reads_better(HEAT(abs(values[tuple(place)]))[:3]) == dark]
        if own:
            rows, columns = np.transpose(own)
            axes.hlines(rows + 0.5, columns + 0.25, columns + 0.75, color=ink, linewidth=1.4)


def _label(axes: Axes, names: list[str], size: float, turned: bool) -> None:
    places = [place + 0.5 for place in range(len(names))]
    axes.set_xticks(places, names)
    axes.set_yticks(places, names, rotation=0)
    axes.tick_params(axis="x", labelrotation=90 if turned else 0, labelsize=size)
    axes.tick_params(axis="y", labelsize=size)
