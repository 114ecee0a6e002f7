"""What the figures of a comparison share: headings, panels placed in pixels, quiet axes, a legend in one row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import Metric
from seedbed.reports.figures.labels import one_line, text_width
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PALETTE, PAPER, RULE, darker

CRISP = 2  # pixels of the image a pixel of the layout
MARGIN = 24
HEADING = 76  # pixels that title and subtitle take
# Told apart by lightness, by line style and by marker too, so that grey and any colour blindness keep them apart.
MEAN, TRAINED, EXPECTED, SEED_LINE = PALETTE[2], darker(PALETTE[3]), darker(PALETTE[0]), "#8d94a3"


@dataclass(frozen=True)
class Mark:
    """A score beside the curve, with its 95 % interval where there is one."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


def heading(sheet: Sheet, title: str, subtitle: str) -> None:
    """Write a figure's title, and what it shows in one line, made smaller where it is too long."""
    room = sheet.width - 2 * MARGIN
    line(sheet, 36, title, fontsize=_fitting(title, 14, room), fontweight="bold")
    line(sheet, 58, subtitle, fontsize=_fitting(subtitle, 10, room), color=MUTED)


def line(sheet: Sheet, baseline: float, text: str, *, left: float = MARGIN, **style: Any) -> None:
    """Write text at a baseline, in pixels from the upper left."""
    sheet.figure.text(left / sheet.width, 1 - baseline / sheet.height, one_line(text), **style)


def panel(sheet: Sheet, left: float, top: float, width: float, height: float, share: Axes | None = None) -> Axes:
    """Make quiet axes at a place in pixels from the upper left; with `share`, on the same x axis as another panel."""
    place = (left / sheet.width, 1 - (top + height) / sheet.height, width / sheet.width, height / sheet.height)
    axes = sheet.figure.add_axes(place, sharex=share)
    axes.set_facecolor(PAPER)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="both", length=0, pad=6, labelsize=9.5)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    return axes


def legend(sheet: Sheet, top: float, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Write a legend in one row below the heading."""
    sheet.figure.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=((MARGIN - 5) / sheet.width, 1 - top / sheet.height),
        bbox_transform=sheet.figure.transFigure,
        ncols=max(1, len(handles)),
        frameon=False,
        fontsize=9.5,
        handlelength=2.2,
        columnspacing=1.6,
        borderpad=0,
        borderaxespad=0,
        labelcolor=INK,
    )


def score_axis(axes: Axes, metric: Metric, which: str = "y") -> None:
    """Label an axis with scores of `metric`: proportions as percent, times with their unit."""
    own = axes.yaxis if which == "y" else axes.xaxis
    own.set_major_formatter(FuncFormatter(lambda value, _: metric.format_tick(value)))
    axes.locator_params(axis=which, nbins=6)  # type: ignore[arg-type]


def spaced_unevenly(x: Floats) -> bool:
    """Say whether values are better seen by their ratios: as 1, 3, 10, 30, 100."""
    gaps = np.diff(x)
    return len(x) > 3 and bool(x[0] > 0) and bool(gaps.max() >= 8 * gaps.min())


def shown_ticks(x: Floats, width: float, widest: float, log: bool) -> list[int]:
    """Return places of the values to be labelled, so that no two labels touch.

    Parameters
    ----------
    width, widest : pixels of the axis and of its longest label.
    """
    at = np.log(x) if log else x
    span = float(at[-1] - at[0]) or 1.0
    kept: list[int] = []
    for place in range(len(x)):
        if not kept or (at[place] - at[kept[-1]]) / span * width >= widest + 10:
            kept.append(place)
    return kept


def limits(values: Sequence[Floats | float | None], share: float = 0.06) -> tuple[float, float]:
    """Return the least and greatest of some finite values with a little room around."""
    flat = np.concatenate([np.ravel(np.asarray(value, dtype=float)) for value in values if value is not None])
    flat = flat[np.isfinite(flat)]
    low, high = (float(flat.min()), float(flat.max())) if len(flat) else (0.0, 1.0)
    room = max(high - low, 0.01 * max(abs(high), 1e-3)) * share
    return low - room, high + room


def axis_name(key: str, name: str) -> str:
    """Return a parameter as an axis calls it: its short name and what one types."""
    return name if name == key else f"{name}  ({key})"


def draw_mark(axes: Axes, x: float, mark: Mark, marker: str, colour: str) -> None:
    """Draw a point with its interval, and what it is beside it."""
    if mark.low is not None and mark.high is not None:
        axes.vlines(x, mark.low, mark.high, color=colour, linewidth=2)
        axes.hlines([mark.low, mark.high], x - 0.08, x + 0.08, color=colour, linewidth=2)
    axes.plot([x], [mark.value], marker, color=colour, markersize=8, markeredgecolor=PAPER, markeredgewidth=1.2)


def ruled(axes: Axes, x: float) -> None:
    """Draw the line that marks the chosen value through a panel."""
    axes.axvline(x, color=INK, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1.2)


def whole(value: float) -> str:
    """Return a number as one types it."""
    return str(int(value)) if math.isfinite(value) and float(value).is_integer() else f"{value:.6g}"


def _fitting(text: str, size: float, room: float) -> float:
    return size * min(1.0, room / max(text_width(one_line(text), size) * 1.08, 1.0))
