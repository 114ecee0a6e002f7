"""What a confusion matrix says, worked out before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedbed.data.arrays import Counts, Floats, Mask
from seedbed.reports.figures.labels import text_width
from seedbed.reports.figures.layout import Layout
from seedbed.reports.figures.png import Pixels
from seedbed.reports.figures.style import HEAT, MUTED, ON_DARK, ON_PALE, dark_reads_better


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """All that changes in a confusion figure from one matrix to the next."""

    counts: Counts  # (n_classes, n_classes)
    shares: Floats  # (n_classes, n_classes): of the row; 0 in a row without one
    fills: Pixels  # (n_classes, n_classes, 4)
    numbers: list[str]  # row by row; empty where the layout has no room for numbers
    inks: list[str]
    sizes: list[float]  # points; a long number is smaller, and does not shrink the others
    headline: str
    words: list[str]  # as many as the layout has lines

    @property
    def lines(self) -> list[str]:
        """The headline, then the words."""
        return [self.headline, *self.words]

    def look(self, place: int) -> dict[str, str | float]:
        """Return how a number looks, by its place row by row."""
        return {"text": self.numbers[place], "color": self.inks[place], "fontsize": self.sizes[place]}

    def changed(self, before: Cells | None) -> Mask:
        """Say which cells look other than before: array of shape (n_classes, n_classes)."""
        if before is None:
            return np.ones(self.counts.shape, dtype=np.bool_)
        # Equal counts may differ in share, and equal shares in count.
        different: Mask = (before.counts != self.counts) | (before.shares != self.shares)
        return different


def cells_of(matrix: npt.ArrayLike, layout: Layout) -> Cells:
    """Work out what to draw for a confusion matrix.

    Parameters
    ----------
    matrix : array of shape (n_classes, n_classes), whole numbers; rows truth, columns prediction
    """
    counts = np.asarray(matrix, dtype=np.int64)
    if counts.shape != (len(layout.names),) * 2:
        raise ValueError(f"a confusion matrix of {len(layout.names)} classes has not the shape {counts.shape}")
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    colours = HEAT(shares)
    numbers = [number(count) for count in counts.ravel().tolist()] if layout.numbered else []
    return Cells(
        counts=counts,
        shares=shares,
        fills=np.floor(colours * 255 + 0.5).astype(np.uint8),  # as Agg rounds
        numbers=numbers,
        inks=_inks(counts, colours) if layout.numbered else [],
        sizes=[_size_that_fits(text, layout) for text in numbers],
        headline=_headline(counts),
        words=_words(counts, layout),
    )


def number(count: int) -> str:
    """Write a count in at most five characters."""
    for power, unit in ((9, "G"), (6, "M"), (3, "k")):
        if count >= 10 ** (power + 1) * (10 if power == 3 else 1):
            return f"{count // 10**power}{unit}"
    return str(count)


def confused_pairs(counts: Counts, names: Sequence[str], limit: int) -> list[str]:
    """Say which classes were most often taken for which others; most frequent first, then by their order."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    totals = counts.sum(axis=1)
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    pairs = [divmod(int(place), len(names)) for place in order]
    return [
        f"{names[truth]} taken for {names[taken]}: {wrong[truth, taken]} of {totals[truth]}"
        for truth, taken in pairs
        if wrong[truth, taken]
    ]


def _inks(counts: Counts, colours: Floats) -> list[str]:
    """Zeros step back, so that the eye finds what happened."""
    inks = np.where(counts == 0, MUTED, np.where(dark_reads_better(colours[..., :3]), ON_PALE, ON_DARK))
    listed: list[str] = inks.ravel().tolist()
    return listed


def _size_that_fits(text: str, layout: Layout) -> float:
    room, needed = layout.cell - 6, text_width(text, layout.number_size)
    return layout.number_size * min(1.0, room / needed)


def _headline(counts: Counts) -> str:
    right, rows = int(np.trace(counts)), int(counts.sum())
    if not rows:
        return "No test rows"
    share = right / rows if right == rows else min(right / rows, 0.999)  # 100.0 % is kept for all right
    return f"{right:,} of {rows:,} right ({100 * share:.1f} %)"


def _words(counts: Counts, layout: Layout) -> list[str]:
    if not layout.word_lines:
        return []
    pairs = confused_pairs(counts, layout.names, layout.word_lines - 1)
    said = ["Most often confused", *pairs] if pairs else ["No class was taken for another."]
    return said + [""] * (layout.word_lines - len(said))
