"""The chosen candidate's confusion matrix over all its splits, in counts and in percent of the true class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import seaborn  # type: ignore[import-untyped]

from seedbed.data.arrays import Counts, Floats
from seedbed.reports.figures.cells import number
from seedbed.reports.figures.confusion import confusion_png
from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.plot import CRISP, HEADING, MARGIN, heading, panel
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import HEAT, MUTED, ON_DARK, ON_PALE, PAPER, dark_reads_better, house

_MOST_CLASSES = 12  # more leave no room for two numbers a cell


@dataclass(frozen=True, kw_only=True, eq=False)
class Pooled:
    """A confusion matrix of shape (n_classes, n_classes), rows truth, with what it is of."""

    classes: tuple[str, ...]
    counts: Counts
    of: str

    @property
    def shares(self) -> Floats:
        """Return each cell as a share of its row; 0 in a row without tests."""
        totals = self.counts.sum(axis=1, keepdims=True)
        return np.asarray(self.counts / np.maximum(totals, 1))


def draw_pooled(pooled: Pooled) -> bytes:
    """Draw a pooled confusion matrix as PNG; of many classes as the single run's one is drawn."""
    if len(pooled.classes) > _MOST_CLASSES:
        return confusion_png(pooled.classes, pooled.counts)
    names = drawn_names(pooled.classes)
    cell = max(62, min(132, 420 // len(names)))
    beside = int(max(text_width(f"True {name}", 10) for name in names)) + 12
    turned = max(text_width(f"Pred {name}", 10) for name in names) > cell - 6
    below = (int(max(text_width(f"Pred {name}", 10) for name in names) * 0.7) if turned else 16) + 24
    side = cell * len(names)
    left = MARGIN + max(beside, below if turned else 0)
    with house():
        sheet = Sheet(max(left + side + MARGIN, 560), HEADING + side + below, CRISP)
        right, tests = int(np.trace(pooled.counts)), int(pooled.counts.sum())
        heading(sheet, "Pooled confusion matrix", f"{pooled.of}: {right:,} of {tests:,} tests right")
        _draw(sheet, pooled, names, (left, side, turned))
        sheet.draw()
        return sheet.png()


def _draw(sheet: Sheet, pooled: Pooled, names: Sequence[str], place: tuple[int, int, bool]) -> None:
    left, side, turned = place
    axes = panel(sheet, left, HEADING, side, side)
    shares = pooled.shares
    texts = [[_cell(count, share) for count, share in zip(*row, strict=True)] for row in _rows(pooled)]
    seaborn.heatmap(
        shares,
        vmin=0,
        vmax=1,
        cmap=HEAT,
        annot=np.array(texts),
        fmt="",
        annot_kws={"fontsize": 11 if side / len(names) >= 80 else 9.5, "linespacing": 1.35},
        linewidths=1.5,
        linecolor=PAPER,
        cbar=False,
        ax=axes,
    )
    dark = dark_reads_better(HEAT(shares.ravel())[:, :3])
    for text, count, reads in zip(axes.texts, pooled.counts.ravel(), dark, strict=True):
        text.set_color(MUTED if count == 0 else ON_PALE if reads else ON_DARK)
    axes.set_xticklabels([f"Pred {name}" for name in names], rotation=40 if turned else 0)
    for label in axes.get_xticklabels():
        label.set(ha="right" if turned else "center", rotation_mode="anchor" if turned else "default")
    axes.set_yticklabels([f"True {name}" for name in names], rotation=0)
    axes.tick_params(labelsize=10)


def _rows(pooled: Pooled) -> zip[tuple[list[int], list[float]]]:
    return zip(pooled.counts.tolist(), pooled.shares.tolist(), strict=True)


def _cell(count: int, share: float) -> str:
    # Nothing but all is 100 %, nothing but none is 0 %.
    percent = 100 * share if share in (0.0, 1.0) else min(max(100 * share, 0.1), 99.9)
    digits = 0 if share in (0.0, 1.0) else 1
    return f"{number(count)}\n{percent:.{digits}f} %" if count else "0"
