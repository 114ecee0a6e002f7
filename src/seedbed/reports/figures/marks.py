"""A class's marker among points, a colour and a shape; the legend that names them; and how points are spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.lines import Line2D

from seedbed.columns.colours import pick_colours
from seedbed.data.arrays import Floats
from seedbed.reports.figures.labels import make_drawable, measure_text
from seedbed.reports.figures.plot import draw_legend
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import PAPER

# Five shapes and eight colours: the first forty classes have each their own pair, and grey leaves the shape.
_SIZES = {"o": 1.0, "s": 0.9, "^": 1.05, "D": 0.8, "v": 1.05}  # each shape's beside a circle's
_LINE = 20  # pixels


@dataclass(frozen=True)
class ClassMarker:
    """How a class is drawn: its name, colour, shape and the shape's size beside a circle's."""

    name: str
    colour: str
    shape: str
    size: float


def make_markers(classes: Sequence[str]) -> list[ClassMarker]:
    """Give each class its marker, by its index."""
    shapes = (list(_SIZES) * len(classes))[: len(classes)]
    named = zip(make_drawable(classes), pick_colours(len(classes)), shapes, strict=True)
    return [ClassMarker(name, colour, shape, _SIZES[shape]) for name, colour, shape in named]


@dataclass(frozen=True)
class ClassLegend:
    """The markers in columns, in a room of so many pixels."""

    markers: Sequence[ClassMarker]
    room: int

    @property
    def columns(self) -> int:
        """How many names stand beside one another."""
        widest = max(measure_text(marker.name, 9.5) for marker in self.markers)
        return max(1, min(len(self.markers), int(self.room // (widest + 38))))

    @property
    def height(self) -> int:
        """Pixels from the first line to below the last one."""
        return _LINE * math.ceil(len(self.markers) / self.columns)

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draw the names with their markers."""
        handles = {
            own.name: Line2D([], [], ls="", marker=own.shape, color=own.colour, ms=7.5 * own.size, mec=PAPER, mew=0.5)
            for own in self.markers
        }
        draw_legend(
            sheet, top, handles, self.columns, handlelength=1, handletextpad=0.4, columnspacing=1.2, labelspacing=0.45
        )


def spread_evenly(rows: int, width: float) -> Floats:
    """Return how far to move points off one line: the golden ratio's multiples, even and the same every time."""
    spread: Floats = (np.arange(rows, dtype=np.float64) * 0.6180339887498949 % 1 - 0.5) * width
    return spread
