"""The mean against one parameter, the difference to the chosen value, and how often each value is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.reports.figures.curve_panels import Frame, draw_panels
from seedbed.reports.figures.differences import Differences, differences_of
from seedbed.reports.figures.plot import CRISP, Mark, heading
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import house
from seedbed.selection.axes import Axis
from seedbed.selection.candidate_stats import Row
from seedbed.selection.choice import Choice, CorrectedEstimate
from seedbed.selection.inference import wilson_interval
from seedbed.selection.leaderboard import BEFORE_CORRECTION, Leaderboard
from seedbed.selection.summary import Holdout


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """All that the figure says, worked out.

    Attributes
    ----------
    x : array of shape (n_values,), rising.
    mean, low, high : arrays of shape (n_values,); NaN where there is no interval.
    spread : whether low and high are the least and greatest score, for want of an interval.
    seeds : array of shape (n_seeds, n_values).
    trained : array of shape (n_values,), training accuracy; None for another metric than accuracy.
    place : of the chosen value in `x`.
    shares : array of shape (n_values,), how often each value is chosen over resamples; None without resamples.
    """

    axis: Axis
    metric: Metric
    title: str
    subtitle: str
    chosen: str
    x: Floats
    mean: Floats
    low: Floats
    high: Floats
    spread: bool
    seeds: Floats
    trained: Floats | None
    dummy: float | None
    place: int
    differences: Differences
    shares: Floats | None
    marks: tuple[Mark, ...]


def curve_of(
    leaderboard: Leaderboard,
    choice: Choice,
    estimate: CorrectedEstimate | None = None,
    holdout: Holdout | None = None,
) -> Curve:
    """Work out the curve of a sweep over one ordered parameter.

    Parameters
    ----------
    leaderboard : with one axis, whose values are numbers.
    holdout : how many held-out rows the chosen one got right, once it was promoted.
    """
    (axis,) = leaderboard.axes
    rows = tuple(leaderboard.row(name) for name in leaderboard.order.candidates)
    low, high, spread = _bounds(rows)
    metric = leaderboard.metric
    trained = np.array([np.nan if row.train_accuracy is None else row.train_accuracy for row in rows])
    seeds = len(leaderboard.seeds)
    return Curve(
        axis=axis,
        metric=metric,
        title=f"{metric.average_name.capitalize()} {metric.words} by {axis.name}",
        subtitle=_subtitle(choice, seeds, spread, metric),
        chosen=choice.row.label,
        x=np.array([row.values[axis.key] for row in rows], dtype=float),
        mean=np.array([row.score for row in rows]),
        low=low,
        high=high,
        spread=spread,
        seeds=leaderboard.scores(),
        trained=trained if metric == ACCURACY and not np.isnan(trained).all() else None,
        dummy=leaderboard.dummy.score if leaderboard.dummy else None,
        place=leaderboard.order.candidates.index(choice.candidate),
        differences=differences_of(leaderboard, rows, choice.row),
        shares=np.array([estimate.shares[row.candidate] for row in rows]) if estimate else None,
        marks=marks_of(estimate, holdout, metric),
    )


def marks_of(estimate: CorrectedEstimate | None, holdout: Holdout | None, metric: Metric) -> tuple[Mark, ...]:
    """Return what stands beside the axis: the corrected estimate, and the holdout where it has the same unit."""
    marks = [Mark("corrected\nfor the choice", estimate.value, estimate.low, estimate.high)] if estimate else []
    if holdout is not None and metric == ACCURACY:
        interval = wilson_interval(holdout.right, holdout.rows)
        words = f"holdout,\n{holdout.right} of {holdout.rows}"
        marks.append(Mark(words, holdout.right / holdout.rows, interval.low, interval.high))
    return tuple(marks)


def draw_curve(curve: Curve) -> bytes:
    """Draw a curve as PNG."""
    with house():
        frame = Frame.of(curve.dummy, bool(curve.marks), curve.shares is not None, len(curve.x))
        sheet = Sheet(*frame.size, CRISP)
        heading(sheet, curve.title, curve.subtitle)
        draw_panels(sheet, frame, curve)
        sheet.draw()
        return sheet.png()


def _bounds(rows: tuple[Row, ...]) -> tuple[Floats, Floats, bool]:
    """Return the bounds of each mean; where no row has an interval, its least and greatest score."""
    low, high = (np.array([getattr(row, name) for row in rows], dtype=float) for name in ("low", "high"))
    if not np.isnan(low).all():
        return low, high, False
    return np.array([row.minimum for row in rows]), np.array([row.maximum for row in rows]), True


def _subtitle(choice: Choice, seeds: int, spread: bool, metric: Metric) -> str:
    splits = "one split" if seeds == 1 else f"{seeds} splits"
    score = f"{choice.row.label} chosen: {metric.format(choice.row.score)} over {splits}"
    return score if spread or choice.row.low is None else f"{score}, its interval {BEFORE_CORRECTION}"
