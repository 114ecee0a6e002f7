"""What a confusion figure says, and where its parts stand: worked out before anything is drawn.

They stand on whole pixels, which make every cell a plain rectangle of the image, to be filled without drawing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedbed.data.arrays import Counts, Floats, Mask
from seedbed.reports.figures.labels import make_drawable, measure_text
from seedbed.reports.figures.sheet import Pixels
from seedbed.reports.figures.style import HEAT, MUTED, find_label_step, pick_inks

NUMBERED_CLASSES = 20  # more numbers than 20 x 20 are not read, and cost more than all else
MARGIN = 22
GAP = 2  # white between cells
HEADING = 74  # title and headline above the cells
WORD_LINE = 18
TITLE_BASELINE, HEADLINE_BASELINE = 36, 58
BAR = (26, 14, 78)  # distance from the cells, width of the bar, width with its labels


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the parts stand in pixels from the upper left corner, for one list of classes."""

    names: tuple[str, ...]  # as drawn
    cell: int  # width and height, the gap included
    gap: int  # white between cells
    left: int  # of the cells
    top: int
    width: int  # of the figure
    height: int
    label_size: float  # points
    number_size: float
    rotation: int  # degrees, of the labels below
    words_top: int
    word_lines: int

    @property
    def numbered(self) -> bool:
        """Whether the cells have room for their numbers."""
        return len(self.names) <= NUMBERED_CLASSES

    @property
    def side(self) -> int:
        """Width and height of all cells."""
        return self.cell * len(self.names)

    @property
    def step(self) -> int:
        """How many classes to go on by from one label to the next."""
        return find_label_step(self.cell)

    def cell_area(self, row: int, column: int) -> tuple[slice, slice]:
        """Return the rows and columns of pixels of a cell, without its gap."""
        half = self.gap // 2
        upper, left = self.top + row * self.cell, self.left + column * self.cell
        return slice(upper + half, upper + self.cell - half), slice(left + half, left + self.cell - half)

    def number_area(self, row: int, column: int) -> tuple[slice, slice]:
        """Return the rows and columns of pixels that a cell's number may touch."""
        rows, columns = self.cell_area(row, column)
        middle, half = (rows.start + rows.stop) // 2, math.ceil(self.number_size)
        return slice(max(rows.start, middle - half), min(rows.stop, middle + half)), columns

    @property
    def line_areas(self) -> list[tuple[slice, slice]]:
        """The pixels of the headline and of each line of words."""
        headline = slice(HEADLINE_BASELINE - 14, HEADLINE_BASELINE + 6)
        uppers = (self.words_top + line * WORD_LINE for line in range(self.word_lines))
        rows = [headline, *(slice(upper, upper + WORD_LINE) for upper in uppers)]
        return [(row, slice(MARGIN, self.width)) for row in rows]


def make_layout(classes: Sequence[str]) -> Layout:
    """Find where everything stands, the classes in the order of the matrix's rows and columns."""
    names = tuple(make_drawable(classes))
    numbered = len(names) <= NUMBERED_CLASSES
    cell = max(32, min(150, 366 // len(names))) if numbered else max(1, min(18, 900 // len(names)))
    size = 10.5 if cell >= 40 else 9.0 if cell >= 18 else 8.0
    beside = math.ceil(max(measure_text(f"True {name}", size) for name in names))
    across = math.ceil(max(measure_text(f"Pred {name}", size) for name in names))
    rotation = 0 if across <= cell - 8 else 40 if cell >= 28 else 90
    below = math.ceil(across * math.sin(math.radians(rotation))) + 22
    # A slanted label ends below its cell and begins to its left.
    left = MARGIN + max(beside + 12, math.ceil(across * math.cos(math.radians(rotation))) if rotation == 40 else 0)
    bottom = HEADING + cell * len(names) + below
    word_lines = 0 if numbered else 6
    words_top = bottom + 10
    return Layout(
        names=names,
        cell=cell,
        gap=GAP if cell >= 8 else 0,
        left=left,
        top=HEADING,
        width=max(left + cell * len(names) + sum(BAR), 0 if numbered else 640),
        height=(words_top + word_lines * WORD_LINE if word_lines else bottom) + 14,
        label_size=size,
        number_size=min(15.0, 3.5 + cell * 0.16),
        rotation=rotation,
        words_top=words_top,
        word_lines=word_lines,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Content:
    """All that changes in a confusion figure from one matrix to the next."""

    counts: Counts  # (n_classes, n_classes)
    shares: Floats  # (n_classes, n_classes): of the row; 0 in a row without one
    fills: Pixels  # (n_classes, n_classes, 4)
    looks: list[dict[str, str | float]]  # of the numbers, row by row; empty if the layout has no room for them
    lines: list[str]  # the headline, then as many words as the layout has lines

    def changed(self, before: Content | None) -> Mask:
        """Say which cells look other than before: array of shape (n_classes, n_classes)."""
        if before is None:
            return np.ones(self.counts.shape, dtype=np.bool_)
        # Equal counts may differ in share, and equal shares in count.
        different: Mask = (before.counts != self.counts) | (before.shares != self.shares)
        return different


def describe_matrix(matrix: npt.ArrayLike, layout: Layout) -> Content:
    """Work out what to draw for a confusion matrix, as `ConfusionFigure.png` takes it."""
    counts = np.asarray(matrix, dtype=np.int64)
    if counts.shape != (len(layout.names),) * 2:
        raise ValueError(f"a confusion matrix of {len(layout.names)} classes cannot have the shape {counts.shape}")
    shares, looks = share_rows(counts), []
    if layout.numbered:
        # Zeros step back, so that the eye finds what happened.
        inks = np.where(counts == 0, MUTED, pick_inks(shares)).ravel().tolist()
        for text, ink in zip(map(format_count, counts.ravel().tolist()), inks, strict=True):
            # A long number is smaller, and does not shrink the others.
            size = layout.number_size * min(1.0, (layout.cell - 6) / measure_text(text, layout.number_size))
            looks.append({"text": text, "color": ink, "fontsize": size})
    return Content(
        counts=counts,
        shares=shares,
        fills=np.floor(HEAT(shares) * 255 + 0.5).astype(np.uint8),  # as Agg rounds
        looks=looks,
        lines=[_format_headline(counts), *_words(counts, layout)],
    )


def share_rows(counts: Counts) -> Floats:
    """Return each cell, shape (n_classes, n_classes), as a share of its row; 0 in a row without tests."""
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def format_count(count: int) -> str:
    """Write a count in at most five characters."""
    for power, unit in ((9, "G"), (6, "M"), (3, "k")):
        if count >= 10 ** (power + 1) * (10 if power == 3 else 1):
            return f"{count // 10**power}{unit}"
    return str(count)


def list_confusions(counts: Counts, names: Sequence[str], limit: int) -> list[str]:
    """Say which classes were most often taken for which others; most frequent first, then by their order."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    totals = counts.sum(axis=1)
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    pairs = [divmod(int(index), len(names)) for index in order]
    return [
        f"{names[truth]} taken for {names[taken]}: {wrong[truth, taken]} of {totals[truth]}"
        for truth, taken in pairs
        if wrong[truth, taken]
    ]


def _format_headline(counts: Counts) -> str:
    right, rows = int(np.trace(counts)), int(counts.sum())
    if not rows:
        return "No test rows"
    share = right / rows if right == rows else min(right / rows, 0.999)  # 100.0 % is kept for all right
    return f"{right:,} of {rows:,} right ({100 * share:.1f} %)"


def _words(counts: Counts, layout: Layout) -> list[str]:
    if not layout.word_lines:
        return []
    pairs = list_confusions(counts, layout.names, layout.word_lines - 1)
    said = ["Most often confused", *pairs] if pairs else ["No class was taken for another."]
    return said + [""] * (layout.word_lines - len(said))
