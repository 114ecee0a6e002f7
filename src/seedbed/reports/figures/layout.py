"""Where the parts of a confusion figure stand, in whole pixels.

Whole pixels make every cell a plain rectangle of the image, which can be filled without drawing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.style import label_step

NUMBERED_CLASSES = 20  # more numbers than 20 x 20 are not read, and cost more than all else
MARGIN = 22
GAP = 2  # white between cells
HEADING = 74  # title and headline above the cells
WORD_LINE = 18
TITLE_BASELINE, HEADLINE_BASELINE = 36, 58
BAR = (26, 14, 78)  # distance from the cells, width of the bar, width with its labels


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Places in pixels from the upper left corner, for one list of classes."""

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
        return label_step(self.cell)

    def inside(self, row: int, column: int) -> tuple[slice, slice]:
        """Return the rows and columns of pixels of a cell, without its gap."""
        half = self.gap // 2
        upper, left = self.top + row * self.cell, self.left + column * self.cell
        return slice(upper + half, upper + self.cell - half), slice(left + half, left + self.cell - half)

    def number_area(self, row: int, column: int) -> tuple[slice, slice]:
        """Return the rows and columns of pixels that a cell's number may touch."""
        rows, columns = self.inside(row, column)
        middle, half = (rows.start + rows.stop) // 2, math.ceil(self.number_size)
        return slice(max(rows.start, middle - half), min(rows.stop, middle + half)), columns

    def heading_line(self) -> tuple[slice, slice]:
        """Return the pixels of the headline."""
        return slice(HEADLINE_BASELINE - 14, HEADLINE_BASELINE + 6), slice(MARGIN, self.width)

    def word_line(self, line: int) -> tuple[slice, slice]:
        """Return the pixels of a line of words."""
        upper = self.words_top + line * WORD_LINE
        return slice(upper, upper + WORD_LINE), slice(MARGIN, self.width)


def layout_of(classes: Sequence[str]) -> Layout:
    """Find a place for everything.

    Parameters
    ----------
    classes : names in the order of the matrix's rows and columns
    """
    names = tuple(drawn_names(classes))
    numbered = len(names) <= NUMBERED_CLASSES
    cell = _cell(len(names))
    size = 10.5 if cell >= 40 else 9.0 if cell >= 18 else 8.0
    beside = math.ceil(max(text_width(f"True {name}", size) for name in names))
    across = math.ceil(max(text_width(f"Pred {name}", size) for name in names))
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


def _cell(n_classes: int) -> int:
    if n_classes <= NUMBERED_CLASSES:
        return max(32, min(150, 366 // n_classes))
    return max(1, min(18, 900 // n_classes))
