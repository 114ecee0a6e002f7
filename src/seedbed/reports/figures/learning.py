"""Would more rows help: the mean against the number of training rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.reports.figures.labels import text_width
from seedbed.reports.figures.plot import (
    CRISP,
    HEADING,
    MARGIN,
    MEAN,
    SEED_LINE,
    TRAINED,
    heading,
    legend,
    limits,
    panel,
    score_axis,
    shown_ticks,
)
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, PALETTE, darker, house
from seedbed.selection.axes import label
from seedbed.selection.candidate_stats import Row
from seedbed.selection.leaderboard import Leaderboard

TEST_SIZE = "split.test_size"
MOST_LINES = 6
_STYLES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (4, 1.5, 1, 1.5)), (0, (8, 2)), (0, (2, 2)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """One candidate, trained on more and more rows.

    Attributes
    ----------
    name : what sets it apart from the other lines, empty where it is the only one.
    rows : array of shape (n_sizes,), training rows, rising.
    mean, low, high, trained : arrays of shape (n_sizes,); NaN where there is none.
    seeds : array of shape (n_seeds, n_sizes).
    """

    name: str
    rows: Floats
    mean: Floats
    low: Floats
    high: Floats
    trained: Floats
    seeds: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Learning:
    """The learning curves of a sweep over `split.test_size`, the best at its right end first."""

    metric: Metric
    lines: tuple[Line, ...]
    more: int

    @property
    def steps(self) -> list[tuple[int, float]]:
        """Training rows and mean of the first line, by rising rows."""
        first = self.lines[0]
        return [(int(rows), float(mean)) for rows, mean in zip(first.rows, first.mean, strict=True)]


def is_learning(leaderboard: Leaderboard) -> bool:
    """Say whether the number of training rows is what varies, so that nothing is to be chosen."""
    return any(axis.key == TEST_SIZE for axis in leaderboard.axes)


def learning_of(leaderboard: Leaderboard) -> Learning:
    """Work out the learning curves."""
    others = [axis for axis in leaderboard.axes if axis.key != TEST_SIZE]
    groups: dict[str, list[Row]] = defaultdict(list)
    for name in leaderboard.order.candidates:
        row = leaderboard.row(name)
        groups[label(row.values, others) if others else ""].append(row)
    lines = [_line(name, rows, leaderboard.development_rows) for name, rows in groups.items()]
    lines.sort(key=lambda line: -leaderboard.metric.sign * float(line.mean[-1]))
    return Learning(metric=leaderboard.metric, lines=tuple(lines[:MOST_LINES]), more=max(0, len(lines) - MOST_LINES))


def training_rows(row: Row, development_rows: int) -> int:
    """Return how many rows a candidate was trained on, from its n_test/n_train."""
    return round(development_rows / (1 + row.test_train_ratio))


def _line(name: str, rows: list[Row], development_rows: int) -> Line:
    rows = sorted(rows, key=lambda row: training_rows(row, development_rows))
    trained = [np.nan if row.train_accuracy is None else row.train_accuracy for row in rows]
    return Line(
        name=name,
        rows=np.array([training_rows(row, development_rows) for row in rows], dtype=float),
        mean=np.array([row.score for row in rows]),
        low=np.array([row.low for row in rows], dtype=float),
        high=np.array([row.high for row in rows], dtype=float),
        trained=np.array(trained),
        seeds=np.array([row.scores for row in rows]).T,
    )


def draw_learning(learning: Learning) -> bytes:
    """Draw the learning curves as PNG."""
    width, height = 780, 340
    more = f"; the best {len(learning.lines)} of {len(learning.lines) + learning.more}" if learning.more else ""
    with house():
        sheet = Sheet(74 + width + MARGIN, HEADING + 30 + height + 60, CRISP)
        title = f"{learning.metric.average_name.capitalize()} {learning.metric.words} by training rows"
        heading(sheet, title, f"a line that still rises at its right end says that more rows would help{more}")
        axes = panel(sheet, 74, HEADING + 30, width, height)
        handles = _one(axes, learning) if len(learning.lines) == 1 else _several(axes, learning)
        rows = np.unique(np.concatenate([line.rows for line in learning.lines]))
        values = [value for line in learning.lines for value in (line.mean, line.low, line.high)]
        alone = learning.lines[0] if len(learning.lines) == 1 else None
        axes.set_ylim(*limits([*values, alone.seeds if alone else None]))
        labels = [f"{int(value)}" for value in rows]
        kept = shown_ticks(rows, width, max(text_width(text, 9.5) for text in labels), log=False)
        axes.set_xticks(rows[kept], [labels[place] for place in kept])
        axes.set_xlabel("training rows", fontsize=10, color=INK, labelpad=8)
        score_axis(axes, learning.metric)
        legend(sheet, HEADING, list(handles.values()), list(handles))
        sheet.draw()
        return sheet.png()


def _one(axes: Axes, learning: Learning) -> dict[str, object]:
    (line,) = learning.lines
    handles: dict[str, object] = {}
    handles["mean"] = axes.plot(line.rows, line.mean, "o-", color=MEAN, linewidth=2.2, markersize=5, zorder=4)[0]
    if not np.isnan(line.low).all():
        band = axes.fill_between(line.rows, line.low, line.high, color=MEAN, alpha=0.16, linewidth=0)
        handles["95 % interval, corrected for shared rows"] = band
    if len(line.seeds) > 1:
        handles["a seed"] = axes.plot(line.rows, line.seeds.T, color=SEED_LINE, linewidth=0.7, alpha=0.55)[0]
    if learning.metric == ACCURACY and not np.isnan(line.trained).all():
        handles["on the training rows"] = axes.plot(
            line.rows, line.trained, color=TRAINED, linewidth=1.6, linestyle=(0, (5, 2))
        )[0]
    return handles


def _several(axes: Axes, learning: Learning) -> dict[str, object]:
    handles: dict[str, object] = {}
    for place, line in enumerate(learning.lines):
        colour = darker(PALETTE[(place + 2) % len(PALETTE)])
        marker = "osD^vP"[place % 6]
        handles[line.name] = axes.plot(
            line.rows, line.mean, color=colour, linewidth=2, linestyle=_STYLES[place % 6], marker=marker, markersize=5
        )[0]
    return handles
