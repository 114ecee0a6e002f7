"""The tutorial's box plots: every feature by class, a panel each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cbook import boxplot_stats

from seedbed.data.arrays import Floats, Rows
from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.plot import CRISP, MARGIN, heading
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PAPER, RULE, class_colours, darker, house, label_step

MOST_FEATURES = 40
MOST_POINTS = 2000  # rows up to which each one is shown; above, only those outside the whiskers
_LEAST = 480  # pixels that the heading takes
_TITLE, _PANEL_TITLE, _AXIS, _BETWEEN = 66, 30, 34, 26


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """One feature, worked out: what each class's box shows."""

    feature: str  # as drawn
    values: list[Floats]  # a class each: its finite values
    boxes: list[dict[str, object] | None]  # Tukey's: quartiles, whiskers to 1.5 interquartile ranges; None without rows


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Where the panels stand, in pixels."""

    columns: int
    rows: int
    left: int
    panel: tuple[int, int]  # width, height
    pitch: float  # from one class's box to the next

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the figure."""
        width = self.left + self.columns * (self.panel[0] + _BETWEEN) - _BETWEEN + MARGIN
        return max(width, _LEAST), _TITLE + self.rows * (self.panel[1] + _PANEL_TITLE + _AXIS) + MARGIN // 2

    def place(self, number: int) -> tuple[float, float, float, float]:
        """Return left, bottom, width and height of a panel, as shares of the figure."""
        row, column = divmod(number, self.columns)
        width, height = self.size
        left = self.left + column * (self.panel[0] + _BETWEEN)
        lower = _TITLE + row * (self.panel[1] + _PANEL_TITLE + _AXIS) + _PANEL_TITLE + self.panel[1]
        return left / width, 1 - lower / height, self.panel[0] / width, self.panel[1] / height


def box_plots(features: pd.DataFrame, classes: pd.Series, order: Sequence[str], note: str = "") -> bytes:
    """Draw every feature by class, as one PNG.

    Parameters
    ----------
    features : table of numbers of shape (n_rows, n_features); the first 40 are drawn; missing and infinite values are
        left out
    classes : series of shape (n_rows,), the class of each row
    order : class names from top to bottom; one without rows keeps its place
    note : which features and rows these are, in words
    """
    return drawn_boxes(panels_of(features, classes, order), order, note).png()


def panels_of(features: pd.DataFrame, classes: pd.Series, order: Sequence[str]) -> list[Panel]:
    """Work out what the panels show; see `box_plots`."""
    named = classes.to_numpy()
    members = [np.flatnonzero(named == name) for name in order]
    columns = range(min(features.shape[1], MOST_FEATURES))
    titles = drawn_names(map(str, features.columns[: len(columns)]), longest=34, kind="feature")
    return [
        _panel(titles[column], features.iloc[:, column].to_numpy(dtype=np.float64, na_value=np.nan), members)
        for column in columns
    ]


def _panel(title: str, numbers: Floats, members: list[Rows]) -> Panel:
    values = [numbers[rows][np.isfinite(numbers[rows])] for rows in members]
    boxes = [boxplot_stats(own)[0] if own.size else None for own in values]
    return Panel(feature=title, values=values, boxes=boxes)


def grid_of(n_panels: int, names: Sequence[str]) -> Grid:
    """Find a place for every panel: 4 features stand 2 by 2, 40 stand 5 by 8, those of many classes side by side."""
    tall = len(names) > 12
    columns = max(1, min(5, n_panels if tall else math.ceil(math.sqrt(n_panels))))
    pitch = 42.0 if len(names) <= 6 else max(1.0, min(20.0, 1000 / len(names)))
    labels = max((text_width(name, _label_size(pitch)) for name in names), default=0.0)
    width = 300 if columns <= 2 else 230
    height = max(90, math.ceil(pitch * len(names)) + 10)
    return Grid(
        columns=columns,
        rows=math.ceil(n_panels / columns),
        left=MARGIN + math.ceil(labels) + 10,
        panel=(width, height),
        pitch=pitch,
    )


def drawn_boxes(panels: Sequence[Panel], order: Sequence[str], note: str = "") -> Sheet:
    """Draw worked out panels."""
    names = drawn_names(order)
    colours = list(class_colours(order).values())
    grid = grid_of(len(panels), names)
    with house():
        sheet = Sheet(*grid.size, CRISP)
        heading(sheet, "Features by class", note)
        for number, panel in enumerate(panels):
            axes = sheet.figure.add_axes(grid.place(number))
            _draw_boxes(axes, panel, colours)
            _label(axes, panel, names if number % grid.columns == 0 else None, grid)
        sheet.draw()
    return sheet


def _draw_boxes(axes: Axes, panel: Panel, colours: list[str]) -> None:
    every_row = sum(own.size for own in panel.values) <= MOST_POINTS
    for place, (own, box, colour) in enumerate(zip(panel.values, panel.boxes, colours, strict=True)):
        if box is None:
            continue
        edge = darker(colour)
        axes.bxp(
            [box],
            positions=[place],
            widths=0.56,
            orientation="horizontal",
            patch_artist=True,
            manage_ticks=False,
            showcaps=False,
            showfliers=not every_row,
            boxprops={"facecolor": (colour, 0.30), "edgecolor": edge, "linewidth": 1.2},
            whiskerprops={"color": edge, "linewidth": 1.2},
            medianprops={"color": INK, "linewidth": 1.8, "solid_capstyle": "butt"},
            flierprops={"marker": "o", "markersize": 2.5, "markerfacecolor": colour, "markeredgewidth": 0},
        )
        if every_row:
            axes.plot(own, place + _spread(own.size), "o", color=colour, markersize=3, mew=0, alpha=0.5, zorder=1.5)


def _spread(rows: int) -> Floats:
    """Move points off one line by the golden ratio's multiples: evenly, and the same every time."""
    spread: Floats = (np.arange(rows, dtype=np.float64) * 0.6180339887498949 % 1 - 0.5) * 0.46
    return spread


def _label(axes: Axes, panel: Panel, names: list[str] | None, grid: Grid) -> None:
    n_classes = len(panel.values)
    axes.set_title(panel.feature, loc="left", fontsize=11, fontweight="bold", pad=8)
    axes.set_ylim(n_classes - 0.5, -0.5)
    step = label_step(grid.pitch)
    axes.set_yticks(range(0, n_classes, step), names[::step] if names else [])
    axes.tick_params(axis="y", length=0, pad=6, labelsize=_label_size(grid.pitch))
    axes.tick_params(axis="x", length=3, labelsize=9, labelcolor=MUTED)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_facecolor(PAPER)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)


def _label_size(pitch: float) -> float:
    return 10.5 if pitch > 20 else 8.5
