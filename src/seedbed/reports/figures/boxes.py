"""The tutorial's box plots: every feature by class, a panel each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from seedbed.columns.colours import darken, pick_colours
from seedbed.data.arrays import Codes, Floats
from seedbed.reports.figures.labels import make_drawable, measure_text
from seedbed.reports.figures.marks import spread_evenly
from seedbed.reports.figures.plot import MARGIN, add_panel, fit_size, open_sheet
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, find_label_step

MOST_FEATURES = 40
MOST_POINTS = 2000  # rows up to which each one is shown; above, only those outside the whiskers
_TOP, _TITLE, _AXIS, _BETWEEN = 66, 30, 34, 26  # pixels: of the heading; above and below a panel; between two


@dataclass(frozen=True, kw_only=True)
class PanelGrid:
    """Where the panels stand, in pixels."""

    columns: int
    rows: int
    left: int
    width: int  # of a panel
    height: int
    pitch: float  # from one class's box to the next

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the figure."""
        width = self.left + self.columns * (self.width + _BETWEEN) - _BETWEEN + MARGIN
        return max(width, 480), _TOP + self.rows * (self.height + _TITLE + _AXIS) + MARGIN // 2

    def corner(self, number: int) -> tuple[float, float]:
        """Return the left and upper end of a panel."""
        row, column = divmod(number, self.columns)
        upper = _TOP + row * (self.height + _TITLE + _AXIS) + _TITLE
        return self.left + column * (self.width + _BETWEEN), upper


def arrange_panels(n_panels: int, names: Sequence[str]) -> PanelGrid:
    """Arrange the panels: 4 features stand 2 by 2, 40 stand 5 by 8, those of many classes side by side."""
    tall = len(names) > 12
    columns = max(1, min(5, n_panels if tall else math.ceil(math.sqrt(n_panels))))
    pitch = 42.0 if len(names) <= 6 else max(1.0, min(20.0, 1000 / len(names)))
    return PanelGrid(
        columns=columns,
        rows=math.ceil(n_panels / columns),
        left=MARGIN + math.ceil(max((measure_text(name, _find_label_size(pitch)) for name in names), default=0.0)) + 10,
        width=300 if columns <= 2 else 230,
        height=max(90, math.ceil(pitch * len(names)) + 10),
        pitch=pitch,
    )


def draw_boxes(features: pd.DataFrame, codes: Codes, classes: Sequence[str], note: str = "") -> Sheet:
    """Draw every feature by class, the classes from top to bottom; one without rows keeps its line.

    `features` are numbers of shape (n_rows, n_features): the first 40 are drawn, without missing and infinite values;
    `codes`, of shape (n_rows,), has each row's index in `classes`.
    """
    names, colours = make_drawable(classes), pick_colours(len(classes))
    titles = make_drawable(list(map(str, features.columns[:MOST_FEATURES])), longest=34, kind="feature")
    grid = arrange_panels(len(titles), names)
    with open_sheet(*grid.size, "Features by class", note) as sheet:
        for number, title in enumerate(titles):
            axes = add_panel(sheet, *grid.corner(number), grid.width, grid.height)
            column = features.iloc[:, number].to_numpy(dtype=np.float64, na_value=np.nan)
            _draw_boxes(
                axes, [own[np.isfinite(own)] for own in (column[codes == at] for at in range(len(names)))], colours
            )
            size = fit_size(title, 11, grid.width)
            axes.set_title(title, loc="left", fontsize=size, fontweight="bold", pad=8)
            axes.set_ylim(len(names) - 0.5, -0.5)
            step = find_label_step(grid.pitch)
            axes.set_yticks(range(0, len(names), step), [] if number % grid.columns else names[::step])
            axes.tick_params(axis="y", labelsize=_find_label_size(grid.pitch))
            axes.tick_params(axis="x", length=3, labelsize=9, labelcolor=MUTED)
            axes.locator_params(axis="x", nbins=5)
            axes.grid(axis="both", visible=False)
            axes.grid(axis="x")
    return sheet


def _draw_boxes(axes: Axes, values: Sequence[Floats], colours: Sequence[str]) -> None:
    every_row = sum(own.size for own in values) <= MOST_POINTS
    boxes = axes.boxplot(
        values,
        positions=range(len(values)),
        widths=0.56,
        orientation="horizontal",
        patch_artist=True,
        manage_ticks=False,
        showcaps=False,
        showfliers=not every_row,
        boxprops={"linewidth": 1.2},
        whiskerprops={"linewidth": 1.2},
        medianprops={"color": INK, "linewidth": 1.8, "solid_capstyle": "butt"},
        flierprops={"marker": "o", "markersize": 2.5, "markeredgewidth": 0},
    )
    for at, (own, colour) in enumerate(zip(values, colours, strict=True)):
        boxes["boxes"][at].set(facecolor=(colour, 0.30), edgecolor=darken(colour))
        for whisker in boxes["whiskers"][2 * at : 2 * at + 2]:
            whisker.set(color=darken(colour))
        if every_row:
            points = at + spread_evenly(own.size, 0.46)
            axes.plot(own, points, "o", color=colour, markersize=3, mew=0, alpha=0.5, zorder=1.5)
        else:
            boxes["fliers"][at].set(markerfacecolor=colour)


def _find_label_size(pitch: float) -> float:
    return 10.5 if pitch > 20 else 8.5
