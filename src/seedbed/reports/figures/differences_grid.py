"""Two parameters: how far each cell of their grid is behind the leader, and which cannot be told apart from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import seaborn  # type: ignore[import-untyped]
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from seedbed.data.arrays import Floats, Mask
from seedbed.metrics.metric import Metric
from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.plot import CRISP, HEADING, MARGIN, axis_name, heading, panel, whole
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import HEAT, INK, MUTED, PAPER, dark_reads_better, house, label_step
from seedbed.selection.axes import Axis
from seedbed.selection.candidate_stats import LEAST_SEEDS
from seedbed.selection.choice import Choice
from seedbed.selection.leaderboard import Leaderboard

_NUMBERED = 30
_DARKEST = 5.0  # points that are dark at least, so that small differences do not look large


@dataclass(frozen=True, kw_only=True, eq=False)
class DifferencesGrid:
    """A grid of paired differences to the leader.

    Attributes
    ----------
    behind : array of shape (n_values of `down`, n_values of `across`), how much worse than the leader, in `unit`; NaN
        where no candidate is complete.
    alike : array of the same shape, whether the cell cannot be told apart from the leader; None where too few seeds
        or a time leave that open.
    chosen : row and column of the chosen cell.
    """

    metric: Metric
    across: Axis
    down: Axis
    behind: Floats
    unit: str
    alike: Mask | None
    chosen: tuple[int, int]
    of: str


def differences_grid_of(leaderboard: Leaderboard, choice: Choice) -> DifferencesGrid:
    """Work out the grid of a sweep over two parameters; the one with more values goes across."""
    down, across = sorted(leaderboard.axes, key=lambda axis: len(axis.values))
    metric = leaderboard.metric
    behind = np.full((len(down.values), len(across.values)), np.nan)
    alike = np.zeros(behind.shape, dtype=bool)
    worse = {row.candidate for row in leaderboard.clearly_worse()}
    for row in leaderboard.rows:
        place = _place(down, across, row.values)
        behind[place] = -metric.sign * metric.scale * row.difference.mean if row.difference else 0.0
        alike[place] = row.candidate not in worse
    known = len(leaderboard.seeds) >= LEAST_SEEDS and metric.testable
    return DifferencesGrid(
        metric=metric,
        across=across,
        down=down,
        behind=np.where(np.abs(behind) < 1e-9, 0.0, behind),
        unit=metric.difference_unit,
        alike=alike if known else None,
        chosen=_place(down, across, choice.row.values),
        of=choice.row.label,
    )


def draw_differences_grid(grid: DifferencesGrid) -> bytes:
    """Draw the grid as PNG."""
    rows, columns = grid.behind.shape
    cell, tall = max(9, min(72, 900 // columns)), max(14, min(46, 700 // rows))
    beside = drawn_names([_shown(value) for value in grid.down.values], kind="value")
    below = drawn_names([_shown(value) for value in grid.across.values], kind="value")
    turned = max(text_width(name, 9.5) for name in below) > max(cell, 22) - 6
    left = MARGIN + 24 + int(max(text_width(name, 9.5) for name in beside)) + 10
    under = (max(text_width(name, 9.5) for name in below) if turned else 16) + 44
    with house():
        sheet = Sheet(max(left + cell * columns + MARGIN + 10, 720), int(HEADING + 6 + tall * rows + under), CRISP)
        heading(sheet, f"How far behind in {grid.metric.words}, in {grid.unit}", _words(grid))
        axes = panel(sheet, left, HEADING + 6, cell * columns, tall * rows)
        _heat(axes, grid, cell)
        _outline(axes, grid)
        _label(axes, (beside, below), grid, cell, turned)
        sheet.draw()
        return sheet.png()


def _place(down: Axis, across: Axis, values: Any) -> tuple[int, int]:
    return down.values.index(values[down.key]), across.values.index(values[across.key])


def _words(grid: DifferencesGrid) -> str:
    chosen = f"triangle: {grid.of} chosen"
    if grid.alike is None:
        return f"{chosen}; which cells can be told apart cannot be said"
    return f"{chosen}; outlined: cannot be told apart from the leader (paired, corrected, Holm)"


def _heat(axes: Axes, grid: DifferencesGrid, cell: int) -> None:
    numbered = grid.behind.shape[1] <= _NUMBERED and cell >= 26
    seaborn.heatmap(
        grid.behind,
        vmin=0,
        vmax=_worst(grid),
        cmap=HEAT,
        annot=numbered,
        fmt=".2g" if grid.unit != "points" else ".1f" if cell >= 40 else ".0f",
        annot_kws={"fontsize": 9 if cell >= 40 else 8},
        linewidths=1.0 if cell > 12 else 0,
        linecolor=PAPER,
        cbar=False,
        ax=axes,
    )
    shown = ~np.isnan(grid.behind)
    for text, dark in zip(axes.texts, dark_reads_better(_fills(grid)[shown]), strict=False):
        text.set_color("#000000" if dark else "#ffffff")


def _outline(axes: Axes, grid: DifferencesGrid) -> None:
    """Outline each cell that cannot be told apart, inside: one line around them all would not say on which side."""
    row, column = grid.chosen
    axes.plot(column + 0.5, row + 0.13, "v", color=INK, mec=PAPER, mew=0.8, markersize=8, zorder=6)
    for place in np.argwhere(np.isnan(grid.behind)).tolist():
        axes.add_patch(Rectangle((place[1], place[0]), 1, 1, fill=False, hatch="///", edgecolor=MUTED, linewidth=0))
    if grid.alike is None:
        return
    dark = dark_reads_better(_fills(grid))
    for row, column in np.argwhere(grid.alike).tolist():
        ink = "#000000" if dark[row, column] else "#ffffff"
        axes.add_patch(
            Rectangle((column + 0.09, row + 0.09), 0.82, 0.82, fill=False, edgecolor=ink, linewidth=1.3, zorder=5)
        )


def _worst(grid: DifferencesGrid) -> float:
    return max(float(np.nanmax(grid.behind)), _DARKEST if grid.unit == "points" else 1e-6)


def _fills(grid: DifferencesGrid) -> Floats:
    """Return each cell's colour, an array of shape (n_rows, n_columns, 3)."""
    return np.asarray(HEAT(np.nan_to_num(grid.behind) / _worst(grid))[..., :3])


def _label(axes: Axes, names: tuple[list[str], list[str]], grid: DifferencesGrid, cell: int, turned: bool) -> None:
    beside, below = names
    step = label_step(cell)
    if not turned:
        step = max(step, int(-(-(max(text_width(name, 9.5) for name in below) + 6) // cell)))
    columns = range(0, len(below), step)
    axes.set_xticks([place + 0.5 for place in columns], [below[place] for place in columns])
    axes.tick_params(axis="x", labelrotation=90 if turned else 0)
    axes.set_yticks([place + 0.5 for place in range(len(beside))], beside, rotation=0)
    axes.set_xlabel(axis_name(grid.across.key, grid.across.name), fontsize=10, color=INK, labelpad=8)
    axes.set_ylabel(grid.down.name, fontsize=10, color=INK, labelpad=8)


def _shown(value: Any) -> str:
    return whole(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
