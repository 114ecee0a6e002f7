"""Points with bars, a row a candidate: for more than two parameters, several families, or values without an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from seedbed.data.arrays import Floats
from seedbed.metrics.names import DUMMY_LABEL
from seedbed.records.records import Holdout
from seedbed.reports.figures.labels import make_drawable
from seedbed.reports.figures.plot import (
    HEADING,
    INTERVAL,
    MEAN,
    RANGE,
    SEED_LINE,
    ExpectedScore,
    draw_expected,
    draw_legend,
    expect_scores,
    find_limits,
    label_scores,
    open_rows,
)
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import MUTED, PAPER, RULE
from seedbed.reports.leaderboard_text import format_share
from seedbed.selection.choice import CorrectedEstimate, SelectedCandidate
from seedbed.selection.leaderboard import BEFORE_CORRECTION, Leaderboard
from seedbed.selection.scores import CandidateScore

MOST = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class Dots:
    """The best candidates, worked out.

    Attributes
    ----------
    varied : what heads the names, such as the parameters on which these candidates differ.
    names : each one's values of them; its label if there are several families.
    is_range : whether the bars are from the least to the greatest score, for want of intervals.
    chosen : index of the chosen candidate in `rows`.
    shares : how often each candidate is chosen over resamples; None without resamples.
    """

    leaderboard: Leaderboard
    title: str
    subtitle: str
    varied: str
    names: Sequence[str]
    rows: Sequence[CandidateScore]
    is_range: bool
    chosen: int
    shares: Sequence[float] | None
    expected: tuple[ExpectedScore, ...]


def make_dots(
    leaderboard: Leaderboard,
    choice: SelectedCandidate,
    estimate: CorrectedEstimate | None = None,
    holdout: Holdout | None = None,
) -> Dots:
    """Work out the points of the best thirty candidates, the chosen one among them."""
    metric, rows = leaderboard.metric, list(leaderboard.rows[:MOST])
    if choice.row.candidate not in {row.candidate for row in rows}:
        rows[-1] = choice.row
    is_range = all(row.low is None for row in rows)
    every = len(leaderboard.rows)
    count = f"the best {len(rows)} of {every}" if every > len(rows) else f"{every}"
    varied, names = leaderboard.name_rows(rows)
    before = "" if is_range else f"; the chosen one's interval {BEFORE_CORRECTION}"
    return Dots(
        leaderboard=leaderboard,
        title=f"{metric.average_name.capitalize()} {metric.words} of {count} candidate{'s' * (every > 1)}",
        subtitle=f"{choice.row.label} chosen: {metric.format(choice.row.score)}{before}",
        varied=varied,
        names=make_drawable(names, longest=60, kind="candidate"),
        rows=rows,
        is_range=is_range,
        chosen=next(at for at, row in enumerate(rows) if row.candidate == choice.row.candidate),
        shares=[estimate.shares[row.candidate] for row in rows] if estimate else None,
        expected=expect_scores(estimate, holdout, metric),
    )


def draw_dots(dots: Dots) -> Sheet:
    """Draw points with bars, what to expect of the chosen one above them."""
    head, metric, dummy = len(dots.expected), dots.leaderboard.metric, dots.leaderboard.dummy
    names = [*(own.label.replace("\n", " ") for own in dots.expected), dots.varied, *dots.names]
    texts = ["" for _ in dots.expected]
    texts += ["chosen in", *map(format_share, dots.shares)] if dots.shares is not None else []
    with open_rows(dots.title, dots.subtitle, names, texts, width=520, below=62 if dummy else 40) as (sheet, axes):
        handles = _draw_rows(axes, dots, np.arange(head + 1, len(names), dtype=float))
        for at, expected in enumerate(dots.expected):
            draw_expected(axes, at, expected, across=True)
        axes.get_yticklabels()[head + 1 + dots.chosen].set_fontweight("bold")
        axes.get_yticklabels()[head].set_color(MUTED)
        values = [value for own in dots.expected for value in (own.value, own.low, own.high)]
        values += [value for row in dots.rows for value in (*row.scores, row.low, row.high)]
        axes.set_xlim(*find_limits(values))
        label_scores(axes, metric, "x")
        if head:
            axes.axhline(head - 0.5, color=RULE, linewidth=0.9)
        if dummy is not None:
            _draw_dummy(axes, dummy.score, metric.format(dummy.score))
        draw_legend(sheet, HEADING, handles)
    return sheet


def _draw_rows(axes: Axes, dots: Dots, at: Floats) -> dict[str, Any]:
    rows = dots.rows
    handles: dict[str, Any] = {}
    keys = ("minimum", "maximum") if dots.is_range else ("low", "high")
    means = [row.score for row in rows]
    low, high = (np.array([getattr(row, key) for row in rows], dtype=float) for key in keys)
    bars = axes.hlines(at, low, high, color=MEAN, linewidth=2, alpha=0.75)
    if any(len(row.scores) > 1 for row in rows):
        seeds = [(score, own) for own, row in zip(at, rows, strict=True) for score in row.scores]
        handles["a seed"] = axes.plot(*zip(*seeds, strict=True), "|", color=SEED_LINE, markersize=7, alpha=0.8)[0]
    handles[dots.leaderboard.metric.average_name] = axes.plot(means, at, "o", color=MEAN, markersize=6.5, zorder=4)[0]
    handles[RANGE if dots.is_range else INTERVAL] = bars
    chosen = means[dots.chosen], at[dots.chosen]
    axes.plot(*chosen, "o", color=PAPER, mec=MEAN, mew=2.4, markersize=10, zorder=5)
    return handles


def _draw_dummy(axes: Axes, value: float, score: str) -> None:
    """Draw the dummy's line; if it is off the scale, say on which side."""
    low, high = axes.get_xlim()
    if low <= value <= high:
        axes.axvline(value, color=MUTED, linewidth=1.6, linestyle=(0, (1, 1.5)))
    side = "←" if value < low else "→" if value > high else "┊"
    words = f"{side} {DUMMY_LABEL}, {score}"
    axes.set_xlabel(words, fontsize=9, color=MUTED, loc="left" if value <= high else "right", labelpad=8)
