"""What the figures of a comparison share: headings, panels placed in pixels, quiet axes, a legend in one row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter

from seedbed.columns.colours import PALETTE, darken
from seedbed.data.arrays import Floats
from seedbed.errors import flatten
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.records.records import Holdout
from seedbed.reports.figures.labels import measure_text
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PAPER, use_house_style
from seedbed.selection.choice import CorrectedEstimate
from seedbed.selection.inference import wilson_interval
from seedbed.selection.score_lines import ScoreLine

CRISP = 2  # pixels of the image a pixel of the layout
MARGIN = 24
HEADING = 76  # pixels that title and subtitle take
WIDE = 870  # pixels to which a long line may widen a figure
# Told apart by lightness, by line style and by marker too, so that grey and any colour blindness keep them apart.
MEAN, TRAINED, EXPECTED, SEED_LINE = PALETTE[2], darken(PALETTE[3]), darken(PALETTE[0]), "#8d94a3"
INTERVAL, RANGE = "95 % interval, corrected for shared rows", "lowest to highest"


@dataclass(frozen=True)
class ExpectedScore:
    """What to expect of the chosen candidate, with its 95 % interval if there is one, and how it is drawn."""

    label: str
    value: float
    low: float | None
    high: float | None
    marker: str
    colour: str


def expect_scores(
    estimate: CorrectedEstimate | None, holdout: Holdout | None, metric: Metric
) -> tuple[ExpectedScore, ...]:
    """Return the corrected estimate, and what the holdout says if the metric is of its kind."""
    expected = []
    if estimate is not None:
        bounds = estimate.value, estimate.low, estimate.high
        expected.append(ExpectedScore("corrected\nfor the choice", *bounds, "D", EXPECTED))
    if holdout is not None and metric == ACCURACY:
        interval = wilson_interval(holdout.right, holdout.rows)
        words = f"holdout,\n{holdout.right} of {holdout.rows}"
        bounds = holdout.right / holdout.rows, interval.low, interval.high
        expected.append(ExpectedScore(words, *bounds, "s", INK))
    return tuple(expected)


@contextmanager
def open_sheet(width: float, height: float, title: str, subtitle: str) -> Iterator[Sheet]:
    """Give a sheet to be drawn on in the house's style, widened for a long heading, which is then made smaller."""
    wanted = 1.09 * max(measure_text(flatten(title), 14), measure_text(flatten(subtitle), 10)) + 2 * MARGIN
    with use_house_style():
        sheet = Sheet(int(max(width, min(wanted, WIDE))), int(height), CRISP)
        room = sheet.width - 2 * MARGIN
        write_line(sheet, 36, title, fontsize=fit_size(title, 14, room), fontweight="bold")
        write_line(sheet, 58, subtitle, fontsize=fit_size(subtitle, 10, room), color=MUTED)
        yield sheet
        sheet.draw()


def write_line(sheet: Sheet, baseline: float, text: str, *, left: float = MARGIN, **style: Any) -> None:
    """Write text at a baseline, in pixels from the upper left."""
    sheet.figure.text(left / sheet.width, 1 - baseline / sheet.height, flatten(text), **style)


def add_panel(sheet: Sheet, left: float, top: float, width: float, height: float, share: Axes | None = None) -> Axes:
    """Make quiet axes, in pixels from the upper left; with `share`, on the same x axis as another panel."""
    box = left / sheet.width, 1 - (top + height) / sheet.height, width / sheet.width, height / sheet.height
    axes = sheet.figure.add_axes(box, sharex=share)
    axes.set_facecolor(PAPER)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="both", length=0, pad=6, labelsize=9.5)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    return axes


@contextmanager
def open_rows(
    title: str, subtitle: str, names: Sequence[str], texts: Sequence[str], width: int, below: int
) -> Iterator[tuple[Sheet, Axes]]:
    """Yield a sheet under a title with a row for each name, from above, and the axes to draw on.

    `names` and `texts`, which may be fewer, stand at the left and at the right of each row; `width` and `below` are
    pixels of the rows, and below them.
    """
    left = MARGIN + int(max(measure_text(name, 10) for name in names)) + 14
    right = int(max(measure_text(text, 9.5) for text in texts) + 30) if any(texts) else 0
    height = 26 * len(names)
    size = max(left + width + right + MARGIN, 620), HEADING + 34 + height + below
    with open_sheet(*size, title, subtitle) as sheet:
        axes = add_panel(sheet, left, HEADING + 34, width, height)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.grid(visible=False)
        axes.grid(axis="x")
        for at, text in enumerate(texts):
            axes.text(1.03, at, text, fontsize=9.5, va="center", color=INK, transform=axes.get_yaxis_transform())
        yield sheet, axes


def draw_legend(sheet: Sheet, top: float, handles: Mapping[str, Any], columns: int | None = None, **style: Any) -> None:
    """Write a legend below the heading: names with their handles, in one row or in columns."""
    sheet.figure.legend(
        list(handles.values()),
        list(handles),
        loc="upper left",
        bbox_to_anchor=((MARGIN - 5) / sheet.width, 1 - top / sheet.height),
        ncols=columns or max(1, len(handles)),
        frameon=False,
        fontsize=9.5,
        borderpad=0,
        borderaxespad=0,
        labelcolor=INK,
        **{"handlelength": 2.2, "columnspacing": 1.6, **style},
    )


def label_scores(axes: Axes, metric: Metric, which: str = "y") -> None:
    """Label an axis with scores of `metric`: proportions as percent, times with their unit."""
    own = axes.yaxis if which == "y" else axes.xaxis
    own.set_major_formatter(FuncFormatter(lambda value, _: metric.format_tick(value)))
    axes.locator_params(axis=which, nbins=6)  # type: ignore[arg-type]


def label_dates(axes: Axes) -> None:
    """Label the x axis, days since 1970, with a few dates."""
    locator = AutoDateLocator(minticks=2, maxticks=4, tz="UTC")  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz="UTC"))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set(fontsize=8.5, color=MUTED)


def find_limits(values: Iterable[Floats | float | None], share: float = 0.06) -> tuple[float, float]:
    """Return the least and greatest of some finite values with a little room around."""
    flat = np.concatenate([np.ravel(np.asarray(value, dtype=float)) for value in values if value is not None])
    flat = flat[np.isfinite(flat)]
    low, high = (float(flat.min()), float(flat.max())) if len(flat) else (0.0, 1.0)
    room = max(high - low, 0.01 * max(abs(high), 1e-3)) * share
    return low - room, high + room


def label_values(panels: Sequence[Axes], x: Floats, width: float, name: str) -> None:
    """Label the values of a shared x axis below the last panel alone."""
    log, last = is_uneven(x), panels[-1]
    if log:
        panels[0].set_xscale("log")
    if len(x) > 1:
        margin = (x[-1] / x[0]) ** 0.02 if log else (x[-1] - x[0]) * 0.02
        panels[0].set_xlim((x[0] / margin, x[-1] * margin) if log else (x[0] - margin, x[-1] + margin))
    labels = [str(int(value)) if value.is_integer() else f"{value:.6g}" for value in x.tolist()]
    ticks = pick_ticks(x, width, max(measure_text(label, 9.5) for label in labels), log)
    for axes in panels:
        axes.set_xticks(x[ticks], [labels[at] for at in ticks])
        axes.minorticks_off()
        axes.tick_params(axis="x", labelbottom=axes is last)
        axes.spines["bottom"].set_visible(axes is not panels[0] or len(panels) == 1)
    last.set_xlabel(name, fontsize=10, color=INK, labelpad=8)


def is_uneven(x: Floats) -> bool:
    """Say whether values are better seen by their ratios, such as 1, 3, 10, 30, 100."""
    gaps = np.diff(x)
    return len(x) > 2 and bool(x[0] > 0) and bool(gaps.max() >= 8 * gaps.min())


def pick_ticks(x: Floats, width: float, widest: float, log: bool) -> list[int]:
    """Return indices of the values to be labelled on an axis, so that no two labels, at most `widest` pixels, touch."""
    position = np.log(x) if log else x
    span = float(position[-1] - position[0]) or 1.0
    ticks: list[int] = []
    for at in range(len(x)):
        if not ticks or (position[at] - position[ticks[-1]]) / span * width >= widest + 10:
            ticks.append(at)
    return ticks


def name_axis(key: str, name: str) -> str:
    """Return a parameter as an axis calls it: its short name and what one types."""
    return name if name == key else f"{name}  ({key})"


def draw_scores(
    axes: Axes, line: ScoreLine, metric: Metric, bounds: tuple[Floats, Floats], is_range: bool = False
) -> dict[str, Any]:
    """Draw means with their bounds, every seed, and beside accuracy that of the training rows; return the handles."""
    many = len(line.x) > 60
    style: dict[str, Any] = {
        "color": MEAN,
        "linewidth": 2.2,
        "marker": "" if many else "o",
        "markersize": 4,
        "zorder": 4,
    }
    handles: dict[str, Any] = {metric.average_name: axes.plot(line.x, line.mean, **style)[0]}
    if not np.isnan(bounds[0]).all():
        band = axes.fill_between(line.x, *bounds, color=MEAN, alpha=0.16, linewidth=0, zorder=2)
        handles[RANGE if is_range else INTERVAL] = band
    if len(line.x) == 1:
        axes.vlines(line.x, *bounds, color=MEAN, linewidth=2, zorder=3)
    if len(line.seeds) > 1:
        style = {"color": SEED_LINE, "linewidth": 0.7, "alpha": 0.2 if many else 0.55, "zorder": 1.5}
        handles["a seed"] = axes.plot(line.x, line.seeds.T, **style)[0]
    if metric == ACCURACY and not np.isnan(line.train).all():
        style = {"color": TRAINED, "linewidth": 1.6, "linestyle": (0, (5, 2)), "zorder": 3}
        handles["on the training rows"] = axes.plot(line.x, line.train, **style)[0]
    return handles


def draw_expected(axes: Axes, at: float, expected: ExpectedScore, across: bool = False) -> None:
    """Draw a point with its interval; `across`: the scores are on the x axis."""
    along, ends = (axes.hlines, axes.vlines) if across else (axes.vlines, axes.hlines)
    if expected.low is not None and expected.high is not None:
        half = 0.16 if across else 0.08
        along(at, expected.low, expected.high, color=expected.colour, linewidth=2)
        ends([expected.low, expected.high], at - half, at + half, color=expected.colour, linewidth=2)
    point = (expected.value, at) if across else (at, expected.value)
    axes.plot(*point, expected.marker, color=expected.colour, markersize=8, mec=PAPER, mew=1.2, zorder=4)


def fit_size(text: str, size: float, room: float) -> float:
    """Return the size in points, at most `size`, in which a text has room in so many pixels."""
    return size * min(1.0, room / max(measure_text(flatten(text), size) * 1.08, 1.0))
