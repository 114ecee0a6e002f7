"""Points with bars, a row a candidate: for more than two parameters, or values without an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import Metric
from seedbed.metrics.names import DUMMY_LABEL
from seedbed.reports.figures.curve import marks_of
from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.plot import (
    CRISP,
    EXPECTED,
    HEADING,
    MARGIN,
    MEAN,
    SEED_LINE,
    Mark,
    heading,
    legend,
    limits,
    panel,
    score_axis,
)
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PAPER, RULE, house
from seedbed.selection.candidate_stats import Row
from seedbed.selection.choice import Choice, CorrectedEstimate
from seedbed.selection.leaderboard import BEFORE_CORRECTION, Leaderboard
from seedbed.selection.summary import Holdout

MOST = 30
_PITCH, _WIDTH, _SHARE = 26, 520, 110


@dataclass(frozen=True, kw_only=True, eq=False)
class Dots:
    """The best candidates, worked out; `spread`: low and high are the least and greatest score."""

    metric: Metric
    title: str
    subtitle: str
    names: tuple[str, ...]
    means: Floats
    low: Floats
    high: Floats
    spread: bool
    seeds: tuple[tuple[float, ...], ...]
    chosen: int
    shares: Floats | None
    dummy: float | None
    marks: tuple[Mark, ...]


def dots_of(
    leaderboard: Leaderboard,
    choice: Choice,
    estimate: CorrectedEstimate | None = None,
    holdout: Holdout | None = None,
) -> Dots:
    """Work out the points of the best thirty candidates, the chosen one among them."""
    rows = list(leaderboard.rows[:MOST])
    if choice.row.candidate not in {row.candidate for row in rows}:
        rows[-1] = choice.row
    spread = all(row.low is None for row in rows)
    low, high = ("minimum", "maximum") if spread else ("low", "high")
    metric = leaderboard.metric
    more = len(leaderboard.rows) - len(rows)
    count = f"the best {len(rows)} of {len(leaderboard.rows)}" if more else f"{len(rows)}"
    before = "" if spread else f"; the chosen one's interval {BEFORE_CORRECTION}"
    return Dots(
        metric=leaderboard.metric,
        title=f"{metric.average_name.capitalize()} {metric.words} of {count} candidate{'s' * (len(rows) > 1)}",
        subtitle=f"{choice.row.label} chosen: {metric.format(choice.row.score)}{before}",
        names=tuple(drawn_names([row.label for row in rows], longest=52, kind="candidate")),
        means=np.array([row.score for row in rows]),
        low=_bound(rows, low),
        high=_bound(rows, high),
        spread=spread,
        seeds=tuple(row.scores for row in rows),
        chosen=next(place for place, row in enumerate(rows) if row.candidate == choice.row.candidate),
        shares=np.array([estimate.shares[row.candidate] for row in rows]) if estimate else None,
        dummy=leaderboard.dummy.score if leaderboard.dummy else None,
        marks=marks_of(estimate, holdout, leaderboard.metric),
    )


def draw_dots(dots: Dots) -> bytes:
    """Draw points with bars as PNG, what to expect of the chosen one above them."""
    names = [mark.label.replace("\n", " ") for mark in dots.marks] + list(dots.names)
    left = MARGIN + int(max(text_width(name, 10) for name in names)) + 14
    height = _PITCH * len(names)
    beside = _SHARE if dots.shares is not None else 0
    with house():
        below = 62 if dots.dummy is not None else 40
        sheet = Sheet(max(left + _WIDTH + beside + MARGIN, 700), HEADING + 34 + height + below, CRISP)
        heading(sheet, dots.title, dots.subtitle)
        axes = panel(sheet, left, HEADING + 34, _WIDTH, height)
        handles = _rows(axes, dots)
        for place, (mark, marker, colour) in enumerate(zip(dots.marks, "Ds", (EXPECTED, INK), strict=False)):
            _mark(axes, place, mark, marker, colour)
        _finish(axes, dots, names)
        legend(sheet, HEADING, list(handles.values()), list(handles))
        sheet.draw()
        return sheet.png()


def _bound(rows: list[Row], name: str) -> Floats:
    return np.array([getattr(row, name) for row in rows], dtype=float)


def _rows(axes: Axes, dots: Dots) -> dict[str, object]:
    first = len(dots.marks)
    places = np.arange(first, first + len(dots.names), dtype=float)
    handles: dict[str, object] = {}
    bars = axes.hlines(places, dots.low, dots.high, color=MEAN, linewidth=2, alpha=0.75)
    if any(len(scores) > 1 for scores in dots.seeds):
        every = [(score, place) for place, scores in zip(places, dots.seeds, strict=True) for score in scores]
        handles["a seed"] = axes.plot(*zip(*every, strict=True), "|", color=SEED_LINE, markersize=7, alpha=0.8)[0]
    handles["mean"] = axes.plot(dots.means, places, "o", color=MEAN, markersize=6.5, zorder=4)[0]
    handles["lowest to highest" if dots.spread else "95 % interval, corrected for shared rows"] = bars
    at = dots.means[dots.chosen], places[dots.chosen]
    axes.plot(*at, "o", color=PAPER, markeredgecolor=MEAN, markeredgewidth=2.4, markersize=10, zorder=5)
    if dots.shares is not None:
        for place, share in zip(places, dots.shares, strict=True):
            text = f"{100 * share:.0f} %" if share >= 0.005 or share == 0 else "< 1 %"
            axes.text(1.17, place, text, transform=axes.get_yaxis_transform(), fontsize=9.5, ha="right", va="center")
        heads = first - 0.95 if first else -0.95
        axes.text(1.17, heads, "chosen in", transform=axes.get_yaxis_transform(), fontsize=9, ha="right", color=MUTED)
    return handles


def _mark(axes: Axes, place: int, mark: Mark, marker: str, colour: str) -> None:
    if mark.low is not None and mark.high is not None:
        axes.hlines(place, mark.low, mark.high, color=colour, linewidth=2)
        axes.vlines([mark.low, mark.high], place - 0.16, place + 0.16, color=colour, linewidth=2)
    axes.plot([mark.value], [place], marker, color=colour, markersize=8, mec=PAPER, mew=1.2, zorder=4)


def _finish(axes: Axes, dots: Dots, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.get_yticklabels()[len(dots.marks) + dots.chosen].set_fontweight("bold")
    axes.set_ylim(len(names) - 0.5, -0.5)
    scores = np.concatenate([np.array(scores) for scores in dots.seeds])
    marks = [value for mark in dots.marks for value in (mark.value, mark.low, mark.high)]
    axes.set_xlim(*limits([dots.low, dots.high, dots.means, scores, *marks]))
    score_axis(axes, dots.metric, "x")
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.grid(axis="y", visible=False)
    if dots.marks:
        axes.axhline(len(dots.marks) - 0.5, color=RULE, linewidth=0.9)
    if dots.dummy is not None:
        _dummy(axes, dots.dummy, dots.metric)


def _dummy(axes: Axes, value: float, metric: Metric) -> None:
    """Draw the dummy's line; where it is off the scale, say on which side."""
    low, high = axes.get_xlim()
    words = f"{DUMMY_LABEL}, {metric.format(value)}"
    if low <= value <= high:
        axes.axvline(value, color=MUTED, linewidth=1.6, linestyle=(0, (1, 1.5)), label=words)
    side = "←" if value < low else "→" if value > high else "┊"
    axes.set_xlabel(f"{side} {words}", fontsize=9, color=MUTED, loc="left" if value <= high else "right", labelpad=8)
