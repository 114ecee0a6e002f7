"""A class's mark among points: a colour and a shape, and the legend that names them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.lines import Line2D

from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.plot import MARGIN
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, PAPER, class_colours

# Five shapes and eight colours: the first forty classes have each their own pair, and grey leaves the shape.
_SHAPES = ("o", "s", "^", "D", "v")
_SIZES = {"o": 1.0, "s": 0.9, "^": 1.05, "D": 0.8, "v": 1.05}
_LINE, _SIZE = 20, 9.5


@dataclass(frozen=True)
class ClassMark:
    """How a class is drawn: its name, colour, shape and the shape's size beside a circle's."""

    name: str
    colour: str
    shape: str
    size: float


def class_marks(classes: Sequence[str]) -> list[ClassMark]:
    """Give each class its mark, by its place."""
    colours = class_colours(classes).values()
    shapes = [_SHAPES[place % len(_SHAPES)] for place in range(len(classes))]
    return [
        ClassMark(name, colour, shape, _SIZES[shape])
        for name, colour, shape in zip(drawn_names(classes), colours, shapes, strict=True)
    ]


@dataclass(frozen=True)
class Legend:
    """The marks in columns of one width, in a room of so many pixels."""

    marks: Sequence[ClassMark]
    room: int

    @property
    def pitch(self) -> float:
        """Pixels from one column to the next."""
        return max(text_width(mark.name, _SIZE) for mark in self.marks) + 38

    @property
    def columns(self) -> int:
        """How many names stand beside one another."""
        return max(1, min(len(self.marks), int(self.room // self.pitch)))

    @property
    def height(self) -> int:
        """Pixels from the first line to below the last one."""
        return _LINE * math.ceil(len(self.marks) / self.columns)

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draw it by hand: Matplotlib's own legend leaves out names that begin with an underscore."""
        for place, mark in enumerate(self.marks):
            row, column = divmod(place, self.columns)
            left, middle = MARGIN + column * self.pitch + 5, top + (row + 0.5) * _LINE
            at = left / sheet.width, 1 - middle / sheet.height
            sheet.figure.add_artist(
                Line2D([at[0]], [at[1]], marker=mark.shape, color=mark.colour, ms=7.5 * mark.size, mec=PAPER, mew=0.5)
            )
            sheet.figure.text(
                at[0] + 11 / sheet.width, at[1], mark.name, fontsize=_SIZE, color=INK, va="center_baseline"
            )
