"""The chosen candidate's confusion matrix over all its splits, in counts and in percent of the true class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seedbed.data.arrays import Counts, Floats
from seedbed.reports.figures.confusion import draw_confusion
from seedbed.reports.figures.confusion_layout import format_count
from seedbed.reports.figures.heat import HeatMap, open_heat_map
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import MUTED

_MOST_CLASSES = 12  # more leave no room for two numbers a cell


@dataclass(frozen=True, kw_only=True, eq=False)
class PooledMatrix:
    """A confusion matrix of shape (n_classes, n_classes), rows truth, with what it is of."""

    classes: tuple[str, ...]
    counts: Counts
    of: str

    @property
    def shares(self) -> Floats:
        """Return each cell as a share of its row; 0 in a row without tests."""
        totals = self.counts.sum(axis=1, keepdims=True)
        return np.asarray(self.counts / np.maximum(totals, 1))


def draw_pooled(pooled: PooledMatrix) -> Sheet:
    """Draw a pooled confusion matrix; of many classes as the single run's one is drawn."""
    if len(pooled.classes) > _MOST_CLASSES:
        return draw_confusion(pooled.classes, pooled.counts)
    names, shares = make_drawable(pooled.classes), pooled.shares
    cell = max(62, min(132, 420 // len(names)))
    cells = zip(pooled.counts.ravel().tolist(), shares.ravel().tolist(), strict=True)
    right, tests = int(np.trace(pooled.counts)), int(pooled.counts.sum())
    heat = HeatMap(
        title="Pooled confusion matrix",
        subtitle=f"{pooled.of}: {right:,} of {tests:,} tests right",
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
    with open_heat_map(heat) as panels:
        for text in panels.cells.texts:
            if text.get_text() == "0":
                text.set_color(MUTED)
    return panels.sheet


def _format_cell(count: int, share: float) -> str:
    # Nothing but all is 100 %, nothing but none is 0 %.
    percent = 100 * share if share in (0.0, 1.0) else min(max(100 * share, 0.1), 99.9)
    digits = 0 if share in (0.0, 1.0) else 1
    return f"{format_count(count)}\n{percent:.{digits}f} %" if count else "0"
