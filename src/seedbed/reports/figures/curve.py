"""The mean against one parameter, the difference to the chosen value, and how often each value is chosen."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.metrics.names import DUMMY_LABEL
from seedbed.records.records import Holdout
from seedbed.reports.figures.plot import (
    HEADING,
    MARGIN,
    MEAN,
    SEED_LINE,
    WIDE,
    ExpectedScore,
    add_panel,
    draw_expected,
    draw_legend,
    draw_scores,
    expect_scores,
    find_limits,
    fit_size,
    label_scores,
    label_values,
    name_axis,
    open_sheet,
)
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PAPER, RULE
from seedbed.selection.axes import Axis
from seedbed.selection.choice import CorrectedEstimate, SelectedCandidate
from seedbed.selection.leaderboard import BEFORE_CORRECTION, Leaderboard
from seedbed.selection.score_lines import ScoreLine, make_line
from seedbed.selection.scores import compare_scores

_LEFT, _BESIDE, _GAP, _BELOW = 74, 190, 22, 56  # pixels: for labels of the scores; for what to expect, and before it


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """All that the figure says, worked out.

    Attributes
    ----------
    bounds : arrays of shape (n_values,) below and above the mean; NaN if there is none.
    is_range : whether the bounds are the least and greatest score, for want of an interval.
    chosen : index of the chosen value in `line.x`; label : the chosen candidate in words.
    differences : array of shape (3, n_values), the difference to the chosen one with its bounds.
    shares : array of shape (n_values,), how often each value is chosen over resamples; None without resamples.
    """

    axis: Axis
    metric: Metric
    subtitle: str
    line: ScoreLine
    bounds: tuple[Floats, Floats]
    is_range: bool
    dummy: float | None
    chosen: int
    label: str
    differences: Floats
    shares: Floats | None
    expected: tuple[ExpectedScore, ...]


def make_curve(
    leaderboard: Leaderboard,
    choice: SelectedCandidate,
    estimate: CorrectedEstimate | None = None,
    holdout: Holdout | None = None,
) -> Curve:
    """Work out the curve of a sweep over one ordered parameter; the holdout counts once the chosen one was promoted."""
    (axis,), metric = leaderboard.axes, leaderboard.metric
    rows = [leaderboard.row(name) for name in leaderboard.order.candidates]
    line = make_line(rows, [row.values[axis.key] for row in rows])
    is_range = bool(np.isnan(line.low).all())
    bounds = (line.seeds.min(axis=0), line.seeds.max(axis=0)) if is_range else (line.low, line.high)
    splits = "one split" if len(line.seeds) == 1 else f"{len(line.seeds)} splits"
    before = "" if is_range or choice.row.low is None else f", its interval {BEFORE_CORRECTION}"
    compared = [compare_scores(metric, row, choice.row) for row in rows]
    differences = np.array([(one.mean, one.low, one.high) for one in compared], dtype=float).T
    if not np.isnan(differences).all(axis=1).any():
        differences[:, leaderboard.order.candidates.index(choice.candidate)] = 0
    return Curve(
        axis=axis,
        metric=metric,
        subtitle=f"{choice.row.label} chosen: {metric.format(choice.row.score)} over {splits}{before}",
        line=line,
        bounds=bounds,
        is_range=is_range,
        dummy=leaderboard.dummy.score if leaderboard.dummy else None,
        chosen=leaderboard.order.candidates.index(choice.candidate),
        label=choice.row.label,
        differences=differences,
        shares=np.array([estimate.shares[row.candidate] for row in rows]) if estimate else None,
        expected=expect_scores(estimate, holdout, metric),
    )


def draw_curve(curve: Curve) -> Sheet:
    """Draw the scores, the dummy's, the differences and the shares, one below the other on the same axis."""
    several = len(curve.line.x) > 1
    # What draws each panel, the pixels before it, and its height.
    wanted: list[tuple[Callable[[Axes, Curve], dict[str, Any] | None], int, int]] = [
        (_draw_scores, 0, 320),
        *([(_draw_dummy, 8, 34)] if curve.dummy is not None else []),
        *([(_draw_differences, 46, 130)] if several else []),
        *([(_draw_shares, 46, 74)] if several and curve.shares is not None else []),
    ]
    ends = list(itertools.accumulate((gap + height for _, gap, height in wanted), initial=HEADING + 30))[1:]
    width = 680 if curve.expected else 870
    beside = _GAP + _BESIDE if curve.expected else 0
    title = f"{curve.metric.average_name.capitalize()} {curve.metric.words} by {curve.axis.name}"
    with open_sheet(_LEFT + width + beside + MARGIN, ends[-1] + _BELOW, title, curve.subtitle) as sheet:
        panels: list[Axes] = []
        handles: dict[str, Any] = {}
        for (draw, _, height), end in zip(wanted, ends, strict=True):
            axes = add_panel(sheet, _LEFT, end - height, width, height, share=panels[0] if panels else None)
            handles |= draw(axes, curve) or {}
            axes.axvline(curve.line.x[curve.chosen], color=INK, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1.2)
            panels.append(axes)
        label_values(panels, curve.line.x, width, name_axis(curve.axis.key, curve.axis.name))
        if curve.expected:
            _draw_expected(sheet, panels[0], curve, _LEFT + width + _GAP)
        draw_legend(sheet, HEADING, handles)
    return sheet


def _draw_scores(axes: Axes, curve: Curve) -> dict[str, Any]:
    handles = draw_scores(axes, curve.line, curve.metric, curve.bounds, curve.is_range)
    x, mean = curve.line.x[curve.chosen], curve.line.mean[curve.chosen]
    axes.plot(x, mean, "o", color=PAPER, markeredgecolor=MEAN, markeredgewidth=2.4, markersize=10, zorder=5)
    expected = [value for own in curve.expected for value in (own.value, own.low, own.high)]
    train = curve.line.train if curve.metric == ACCURACY else None
    axes.set_ylim(*find_limits([curve.line.mean, *curve.bounds, curve.line.seeds, train, *expected]))
    label_scores(axes, curve.metric)
    return handles


def _draw_dummy(axes: Axes, curve: Curve) -> None:
    """Draw the dummy's line in a strip of its own: on the scores' scale it would press all else into a corner."""
    value = curve.dummy or 0.0
    axes.axhline(value, color=MUTED, linewidth=1.6, linestyle=(0, (1, 1.5)))
    axes.set_ylim(value - 1, value + 1)
    axes.set_yticks([value], [curve.metric.format_tick(value)])
    axes.grid(visible=False)
    axes.text(0.004, 0.62, DUMMY_LABEL, transform=axes.transAxes, fontsize=9, color=MUTED, va="bottom")
    # Two short slants at the left say that the scale is broken here.
    slant = {"marker": [(-1, -0.6), (1, 0.6)], "markersize": 9, "linestyle": "none", "color": MUTED, "clip_on": False}
    axes.plot([0, 0], [1.02, 1.22], transform=axes.transAxes, **slant)  # type: ignore[arg-type]


def _draw_differences(axes: Axes, curve: Curve) -> None:
    scale, x = curve.metric.scale, curve.line.x
    mean, low, high = scale * curve.differences
    interval = "" if np.isnan(low).all() else ", paired over the seeds, with its 95 % interval"
    shaded = "; shaded: 1 point either way" if curve.metric.is_share else ""
    title = f"Difference to {curve.label} in {curve.metric.difference_unit}{interval}{shaded}"
    axes.set_title(title, loc="left", fontsize=fit_size(title, 10, WIDE), color=INK, pad=8)
    if curve.metric.is_share:
        axes.axhspan(-1, 1, color=RULE, alpha=0.55, linewidth=0, zorder=0.5)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.fill_between(x, low, high, color=MEAN, alpha=0.16, linewidth=0)
    axes.plot(x, mean, color=MEAN, linewidth=1.8, zorder=3)
    axes.plot(x[curve.chosen], 0, "o", color=PAPER, mec=MEAN, mew=2, markersize=7, zorder=5)
    least = 1.2 if curve.metric.is_share else 0.0
    axes.set_ylim(*find_limits([mean, low, high, least, -least]))
    axes.locator_params(axis="y", nbins=5)


def _draw_shares(axes: Axes, curve: Curve) -> None:
    assert curve.shares is not None
    title = "Share of resamples that choose each value: how stable the choice is, not a confidence set"
    axes.set_title(title, loc="left", fontsize=10, color=INK, pad=8)
    colours = [MEAN if at == curve.chosen else SEED_LINE for at in range(len(curve.shares))]
    width = max(1.5, min(12.0, 340 / len(curve.shares)))
    axes.vlines(curve.line.x, 0, curve.shares, color=colours, linewidth=width)
    axes.set_ylim(0, max(float(curve.shares.max()) * 1.12, 0.01))
    label_scores(axes, ACCURACY)
    axes.locator_params(axis="y", nbins=3)


def _draw_expected(sheet: Sheet, main: Axes, curve: Curve, left: int) -> None:
    """Draw what to expect beside the scores, on their scale."""
    axes = add_panel(sheet, left, HEADING + 30, _BESIDE, 320)
    axes.set_yticks(main.get_yticks(), [""] * len(main.get_yticks()))
    axes.set_ylim(main.get_ylim())
    axes.spines["bottom"].set_visible(False)
    for at, expected in enumerate(curve.expected):
        draw_expected(axes, at, expected)
    axes.set_xlim(-0.6, max(1, len(curve.expected)) - 0.4)
    axes.set_xticks(range(len(curve.expected)), [expected.label for expected in curve.expected])
    axes.tick_params(axis="x", labelsize=9, pad=6)
    axes.set_title("what to expect", fontsize=10, color=INK, pad=8)
