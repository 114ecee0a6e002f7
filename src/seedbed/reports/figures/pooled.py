"""The chosen candidate's confusion matrix over all its splits, in counts and in percent of the true class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seedbed.data.arrays import Counts
from seedbed.reports.figures.confusion import draw_confusion
from seedbed.reports.figures.confusion_layout import format_count, share_rows
from seedbed.reports.figures.heat import HeatMap, open_heat_map
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import MUTED

_MOST_CLASSES = 12  # more leave no room for two numbers a cell


def draw_pooled(classes: Sequence[str], counts: Counts, of: str) -> Sheet:
    """Draw a pooled confusion matrix, rows truth, and say what it is of; one of many classes as a single run's."""
    if len(classes) > _MOST_CLASSES:
        return draw_confusion(classes, counts)
    names, shares = make_drawable(classes), share_rows(counts)
    cell = max(62, min(132, 420 // len(names)))
    cells = zip(counts.ravel().tolist(), shares.ravel().tolist(), strict=True)
    right, tests = int(np.trace(counts)), int(counts.sum())
    heat = HeatMap(
        title="Pooled confusion matrix",
        subtitle=f"{of}: {right:,} of {tests:,} tests right",
        values=shares,
        texts=np.array([_format_cell(count, share) for count, share in cells]).reshape(shares.shape),
        low=0,
        high=1,
        rows=[f"True {name}" for name in names],
        columns=[f"Pred {name}" for name in names],
        cell=(cell, cell),
        text_size=11 if cell >= 80 else 9.5,
        label_size=10,
    )
    with open_heat_map(heat) as (sheet, axes, _):
        for text in axes.texts:
            if text.get_text() == "0":
                text.set_color(MUTED)
    return sheet


def _format_cell(count: int, share: float) -> str:
    # Nothing but all is 100 %, nothing but none is 0 %.
    percent = 100 * share if share in (0.0, 1.0) else min(max(100 * share, 0.1), 99.9)
    digits = 0 if share in (0.0, 1.0) else 1
    return f"{format_count(count)}\n{percent:.{digits}f} %" if count else "0"
