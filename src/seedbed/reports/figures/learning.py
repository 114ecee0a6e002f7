"""Would more rows help: the mean against the number of training rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from seedbed.columns.colours import PALETTE, darken
from seedbed.reports.figures.plot import (
    HEADING,
    MARGIN,
    add_panel,
    draw_legend,
    draw_scores,
    find_limits,
    label_scores,
    label_values,
    open_sheet,
)
from seedbed.reports.figures.sheet import Sheet
from seedbed.selection.score_lines import LearningCurves

_LEFT, _WIDTH, _HEIGHT = 74, 780, 340
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (4, 1.5, 1, 1.5)), (0, (8, 2)), (0, (2, 2)))


def draw_learning(learning: LearningCurves) -> Sheet:
    """Draw the learning curves; a single one with its interval, its seeds and its training accuracy."""
    lines, metric = learning.lines, learning.metric
    more = f"; the best {len(lines)} of {len(lines) + learning.more}" if learning.more else ""
    with open_sheet(
        _LEFT + _WIDTH + MARGIN,
        HEADING + 30 + _HEIGHT + 60,
        f"{metric.average_name.capitalize()} {metric.words} by training rows",
        f"a line that still rises at its right end says that more rows would help{more}",
    ) as sheet:
        axes = add_panel(sheet, _LEFT, HEADING + 30, _WIDTH, _HEIGHT)
        handles: dict[str, Any] = {}
        if len(lines) == 1:
            (line,) = lines
            handles = draw_scores(axes, line, metric, (line.low, line.high))
        for at, line in enumerate(lines if len(lines) > 1 else ()):
            colour = darken(PALETTE[(at + 2) % len(PALETTE)])
            style: dict[str, Any] = {
                "color": colour,
                "linewidth": 2,
                "linestyle": _DASHES[at],
                "marker": "osD^vP"[at],
                "markersize": 5,
            }
            handles[line.name] = axes.plot(line.x, line.mean, **style)[0]
        values = [value for line in lines for value in (line.mean, line.low, line.high)]
        axes.set_ylim(*find_limits([*values, lines[0].seeds if len(lines) == 1 else None]))
        label_scores(axes, metric)
        label_values([axes], np.unique(np.concatenate([line.x for line in lines])), _WIDTH, "training rows")
        draw_legend(sheet, HEADING, handles)
    return sheet
