"""Two parameters: how far each cell of their grid is behind the leader, and which cannot be told apart from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from seedbed.config.candidate import format_param
from seedbed.data.arrays import Mask
from seedbed.reports.figures.heat import HeatMap, open_heat_map
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.plot import name_axis
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, PAPER, pick_inks
from seedbed.selection.axes import Axis
from seedbed.selection.choice import SelectedCandidate
from seedbed.selection.leaderboard import Leaderboard

_NUMBERED = 30
_DARKEST = 5.0  # points that are dark at least, so that small differences do not look large


@dataclass(frozen=True, eq=False)
class DifferencesGrid:
    """A grid of paired differences to the leader.

    Attributes
    ----------
    heat : by its values how much worse than the leader, in the metric's unit; NaN if no candidate is complete.
    alike : array of their shape, whether the cell cannot be told apart from the leader; None if that is not tested.
    chosen : row and column of the chosen cell.
    """

    heat: HeatMap
    alike: Mask | None
    chosen: tuple[int, int]


def arrange_differences(leaderboard: Leaderboard, choice: SelectedCandidate) -> DifferencesGrid:
    """Arrange the candidates of a sweep over two parameters; the one with more values goes across."""
    down, across = sorted(leaderboard.axes, key=lambda axis: len(axis.values))
    metric = leaderboard.metric
    behind = np.full((len(down.values), len(across.values)), np.nan)
    alike = np.zeros(behind.shape, dtype=bool)
    worse = {row.candidate for row in leaderboard.significantly_worse()}

    def find_cell(values: Mapping[str, Any]) -> tuple[int, int]:
        return down.index(values[down.key]), across.index(values[across.key])

    for row in leaderboard.rows:
        cell = find_cell(row.values)
        behind[cell] = -metric.sign * metric.scale * row.difference.mean if row.difference else 0.0
        alike[cell] = row.candidate not in worse
    behind = np.where(np.abs(behind) < 1e-9, 0.0, behind)
    n_rows, n_columns = behind.shape
    width, height = max(9, min(72, 900 // n_columns)), max(14, min(46, 700 // n_rows))
    digits = ".2g" if not metric.is_share else ".1f" if width >= 40 else ".0f"
    told = "which cells can be told apart cannot be said"
    if leaderboard.testable:
        told = "outlined: cannot be told apart from the leader (paired, corrected, Holm)"
    heat = HeatMap(
        title=f"How far behind in {metric.words}, in {metric.difference_unit}",
        subtitle=f"triangle: {choice.row.label} chosen; {told}",
        values=behind,
        texts=np.array([[f"{value:{digits}}" for value in row] for row in behind])
        if n_columns <= _NUMBERED and width >= 26
        else None,
        low=0,
        high=max(float(np.nanmax(behind)), _DARKEST if metric.is_share else 1e-6),
        rows=_name_values(down),
        columns=_name_values(across),
        down=down.name,
        across=name_axis(across.key, across.name),
        cell=(width, height),
        text_size=9 if width >= 40 else 8,
    )
    return DifferencesGrid(heat, alike if leaderboard.testable else None, find_cell(choice.row.values))


def draw_differences_grid(grid: DifferencesGrid) -> Sheet:
    """Draw the grid."""
    with open_heat_map(grid.heat) as (sheet, cells, _):
        row, column = grid.chosen
        cells.plot(column + 0.5, row + 0.13, "v", color=INK, mec=PAPER, mew=0.8, markersize=8, zorder=6)
        # Inside each cell: one line around them all would not say on which side it is.
        inks = pick_inks(np.nan_to_num(grid.heat.shares))
        for row, column in np.argwhere(grid.alike).tolist() if grid.alike is not None else []:
            box, style = (column + 0.09, row + 0.09), {"edgecolor": inks[row, column], "linewidth": 1.3, "zorder": 5}
            cells.add_patch(Rectangle(box, 0.82, 0.82, fill=False, **style))
    return sheet


def _name_values(axis: Axis) -> list[str]:
    return make_drawable([format_param(value, axis.key) for value in axis.values], kind="value")
