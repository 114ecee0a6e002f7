"""Heat maps: what correlations, seeds, pooled confusion matrices and grids of two parameters share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import seaborn  # type: ignore[import-untyped]
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.patches import Rectangle

from seedbed.data.arrays import Floats
from seedbed.reports.figures.labels import measure_text
from seedbed.reports.figures.plot import HEADING, MARGIN, add_panel, open_sheet
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import HATCH, HEAT, INK, MUTED, PAPER, find_label_step, pick_inks

_TITLE, _BAR, _BAR_LABELS = 24, 14, 74  # pixels: of an axis's title; of the colour bar and with its labels


@dataclass(frozen=True, kw_only=True, eq=False)
class HeatMap:
    """A heat map, worked out.

    Attributes
    ----------
    values : array of shape (n_rows, n_columns); NaN is hatched.
    colours : from the lowest to the highest value.
    texts : array of the same shape, what is written in the cells; None for nothing.
    low, high : the values of the first and the last colour; low may be the greater one.
    rows, columns : names, as drawn.
    down, across : titles of the axes.
    cell : width and height of a cell in pixels.
    bar : pixels from the cells to the colour bar; None for no bar.
    """

    title: str
    subtitle: str
    values: Floats
    texts: npt.NDArray[np.str_] | None
    low: float
    high: float
    rows: Sequence[str]
    columns: Sequence[str]
    down: str = ""
    across: str = ""
    cell: tuple[int, int]
    text_size: float = 9
    label_size: float = 9.5
    colours: Colormap = field(default_factory=lambda: HEAT)
    bar: int | None = None

    @property
    def shares(self) -> Floats:
        """Where each value is between the first and the last colour, 0 to 1."""
        return np.asarray(np.clip((self.values - self.low) / (self.high - self.low), 0, 1))


@contextmanager
def open_heat_map(heat: HeatMap) -> Iterator[tuple[Sheet, Axes, Axes | None]]:
    """Draw a heat map, and give its sheet, cells and colour bar for what is to be drawn over them."""
    (n_rows, n_columns), (width, height) = heat.values.shape, heat.cell
    beside, widest = (max(measure_text(name, heat.label_size) for name in names) for names in (heat.rows, heat.columns))
    turned = widest > width - 6 and not _can_skip(heat.columns, width, widest)
    left = MARGIN + (_TITLE if heat.down else 0) + int(beside) + 12
    below = (int(widest) if turned else 16) + (_TITLE if heat.across else 0) + 22
    side = left + width * n_columns
    right = MARGIN if heat.bar is None else heat.bar + _BAR_LABELS
    with open_sheet(max(side + right, 620), HEADING + 6 + height * n_rows + below, heat.title, heat.subtitle) as sheet:
        cells = add_panel(sheet, left, HEADING + 6, width * n_columns, height * n_rows)
        seaborn.heatmap(
            heat.shares,
            vmin=0,
            vmax=1,
            cmap=heat.colours,
            annot=False if heat.texts is None else heat.texts,
            fmt="",
            annot_kws={"fontsize": heat.text_size, "linespacing": 1.35},
            linewidths=1.0 if min(heat.cell) >= 12 else 0,
            linecolor=PAPER,
            cbar=False,
            ax=cells,
        )
        for text, ink in zip(cells.texts, pick_inks(heat.shares[np.isfinite(heat.values)], heat.colours), strict=False):
            text.set_color(ink)
        for row, column in np.argwhere(np.isnan(heat.values)).tolist():
            cells.add_patch(Rectangle((column, row), 1, 1, fill=False, hatch="////", edgecolor=HATCH, linewidth=0))
        _label(cells, heat, turned, widest)
        bar = None
        if heat.bar is not None:
            bar = add_panel(sheet, side + heat.bar, HEADING + 6, _BAR, min(height * n_rows, 220))
            scale, extent = np.linspace(1, 0, 256)[:, None], (0, 1, heat.low, heat.high)
            bar.imshow(scale, cmap=heat.colours, aspect="auto", extent=extent)
            bar.set_xticks([])
            bar.yaxis.tick_right()
            bar.tick_params(labelsize=9, labelcolor=MUTED)
            bar.grid(False)
        yield sheet, cells, bar


def _label(axes: Axes, heat: HeatMap, turned: bool, widest: float) -> None:
    (width, height), size = heat.cell, heat.label_size
    across = find_label_step(width) if turned else max(1, int(-(-(widest + 6) // width)))
    columns, rows = range(0, len(heat.columns), across), range(0, len(heat.rows), find_label_step(height))
    axes.set_xticks([at + 0.5 for at in columns], [heat.columns[at] for at in columns], rotation=90 if turned else 0)
    axes.set_yticks([at + 0.5 for at in rows], [heat.rows[at] for at in rows], rotation=0)
    axes.tick_params(labelsize=size)
    axes.set_xlabel(heat.across, fontsize=10, color=INK, labelpad=8)
    axes.set_ylabel(heat.down, fontsize=10, color=INK, labelpad=8)


def _can_skip(names: Sequence[str], width: int, widest: float) -> bool:
    """Say whether names can be skipped: numbers of which at least every fifth has room."""
    return all(name.replace(".", "", 1).isdecimal() for name in names) and widest + 6 <= 5 * width
