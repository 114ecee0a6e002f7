"""Every candidate on every seed, which tells a bad split from a bad candidate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from seedbed.config.candidate import FAMILY_KEYS
from seedbed.reports.figures.heat import HeatMap, open_heat_map
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.plot import label_scores, name_axis
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, PAPER
from seedbed.selection.axes import get_family, name_differences
from seedbed.selection.diagnostics import find_outlying_seeds
from seedbed.selection.inference import TIED
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.scores import CandidateScore

MOST_CANDIDATES = 120
_NUMBERED = 24  # more columns leave no room for numbers


def draw_seeds(leaderboard: Leaderboard) -> Sheet:
    """Draw the scores of every candidate on every seed; of many candidates the best, in the order of the grid."""
    order, axes, metric = leaderboard.order.candidates, leaderboard.axes, leaderboard.metric
    best = {row.candidate for row in leaderboard.rows[:MOST_CANDIDATES]}
    drawn = [index for index, name in enumerate(order) if name in best]
    rows = [leaderboard.row(order[index]) for index in drawn]
    one = axes[0] if len(axes) == 1 and axes[0].ordered else None
    families = [get_family(row.values) for row in rows]
    varied, names = _name_columns(leaderboard, rows)
    every = leaderboard.scores()
    apart = find_outlying_seeds(leaderboard.seeds, every)
    scores, means, seeds = every[:, drawn], every.mean(axis=1), leaderboard.seeds
    low, high = float(scores.min()), float(scores.max())
    if high - low <= TIED:
        low, high = low - 0.01, high + 0.01
    width = max(7, min(64, 860 // len(rows)))
    tall = max(20, min(30, 900 // len(seeds))) if len(seeds) <= 60 else max(4, 900 // len(seeds))
    numbered = len(rows) <= _NUMBERED and width >= 30
    heat = HeatMap(
        title=f"{metric.words.capitalize()} of every candidate on every seed",
        subtitle=_describe(apart, len(rows), len(order) - len(rows)),
        values=scores,
        texts=np.array([list(map(metric.format_short, line)) for line in scores]) if numbered else None,
        low=low if metric.sign > 0 else high,
        high=high if metric.sign > 0 else low,
        rows=[f"seed {seed}" for seed in seeds],
        columns=make_drawable(names, longest=60, kind="candidate"),
        across=name_axis(one.key, one.name) if one else varied,
        cell=(width, tall),
        text_size=8.5,
        bar=62,
    )
    with open_heat_map(heat) as (sheet, cells, bar):
        for first in [index for index in range(1, len(rows)) if families[index] != families[index - 1]]:
            cells.axvline(first, color=PAPER, linewidth=5)
        labels = cells.get_yticklabels()
        for text, row in zip(labels, range(0, len(seeds), -(-len(seeds) // len(labels))), strict=True):
            bold = "bold" if seeds[row] in apart else "normal"
            text.set_fontweight(bold)
            beside = len(rows) + 8 / width
            cells.text(
                beside, row + 0.5, metric.format(means[row]), fontsize=9, va="center", color=INK, fontweight=bold
            )
        assert bar is not None
        label_scores(bar, metric)
    return sheet


def _name_columns(leaderboard: Leaderboard, rows: Sequence[CandidateScore]) -> tuple[str, list[str]]:
    """Return the names of columns and what heads them: of several families the values of each one's axes."""
    if len(leaderboard.families) == 1:
        return leaderboard.name_rows(rows)
    heads, names = [], []
    for family, members in groupby(rows, key=lambda row: get_family(row.values)):
        own = [row.values for row in members]
        called = ", ".join(str(value) for value in family if value is not None)
        axes = [axis for axis in leaderboard.families[family] if axis.key not in FAMILY_KEYS]
        varied, values = name_differences(own, axes) if axes else ("", [called] * len(own))
        heads.append(f"{called}: {varied}" if varied else called)
        names += values
    return "   |   ".join(heads), names


def _describe(apart: tuple[int, ...], drawn: int, more: int) -> str:
    rest = f"; the best {drawn}, {more} more are in leaderboard.csv" if more else ""
    if not apart:
        return f"the more a cell stands out, the better; the mean of each seed is on its right{rest}"
    named = ", ".join(map(str, apart))
    said = f"seed {named} stands apart for every candidate: a bad split"
    if len(apart) > 1:
        said = f"seeds {named} stand apart for every candidate: bad splits"
    return f"{said}, not a bad candidate{rest}"
