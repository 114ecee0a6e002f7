"""The choice in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.selection.axes import Axis, Edge
from seedbed.selection.candidate_stats import LEAST_SEEDS, Row
from seedbed.selection.choice import Choice, CorrectedEstimate, Rule
from seedbed.selection.inference import wilson_interval
from seedbed.selection.leaderboard import Leaderboard

HOLDOUT_FIRST = 300  # from so many rows on the holdout tells more than the corrected estimate


@dataclass(frozen=True)
class Holdout:
    """Rows that no choice touched, and how many of them the chosen candidate got right."""

    rows: int
    right: int


def sentence(
    choice: Choice, estimate: CorrectedEstimate | None, leaderboard: Leaderboard, holdout: Holdout | None = None
) -> str:
    """Say what was chosen, what to expect of it, and what can be told apart from it."""
    compared = len(leaderboard.rows)
    expected = [_expected(estimate, compared, leaderboard.metric)] if estimate else []
    held = [_held(holdout)] if holdout else []
    middle = held + expected if holdout and holdout.rows >= HOLDOUT_FIRST else expected + held
    last = [] if compared < 2 else [_told_apart(leaderboard)]
    return "; ".join([_chosen(choice, leaderboard), *middle, *last, *map(edge_in_words, choice.edges)]) + "."


def edge_in_words(edge: Edge) -> str:
    """Say at which edge of the grid a choice is, and whether there is anything beyond."""
    beyond = f"where {edge.axis.name} itself ends" if edge.own_bound else "and a better value may lie beyond"
    return f"{edge.axis.name} is at the {edge.side} edge of the grid, {beyond}"


def _chosen(choice: Choice, leaderboard: Leaderboard) -> str:
    metric, row = leaderboard.metric, choice.row
    splits = f"{len(leaderboard.seeds)} splits" if len(leaderboard.seeds) > 1 else "one split"
    best = "lowest" if metric.better == "lower" else "highest"
    average = f"{metric.average_name} {metric.words} over {splits}"
    if len(leaderboard.rows) == 1:
        return f"{row.label} has a {average} of {metric.format(row.score)}, with nothing to choose from"
    if choice.rule is Rule.ONE_STANDARD_ERROR and row is not choice.leader:
        return (
            f"{row.label} is the simplest within one standard error of {choice.leader.label}, which has the {best} "
            f"{average}, {metric.format(choice.leader.score)}: it has {metric.format(row.score)} and gives up "
            f"{metric.format_difference(choice.given_up)}"
        )
    tied = f", {_tie(leaderboard)} {len(choice.tied)} tied," if len(choice.tied) > 1 else ""
    return f"{row.label}{tied} has the {best} {average}, {metric.format(row.score)}"


def _tie(leaderboard: Leaderboard) -> str:
    return "the middle of" if all(axis.ordered for axis in leaderboard.axes) else "taken from"


def _expected(estimate: CorrectedEstimate, compared: int, metric: Metric) -> str:
    why = f"corrected for picking it among {compared}, expect" if compared > 1 else "on rows not drawn, expect"
    known = estimate.low is not None and estimate.high is not None
    interval = f" (95 % interval {metric.format_range(estimate.low or 0.0, estimate.high or 0.0)})" if known else ""
    never = f", {estimate.rows_never_tested} rows never tested" if estimate.rows_never_tested else ""
    return f"{why} {metric.format(estimate.value)}{interval}{never}"


def _held(holdout: Holdout) -> str:
    interval = wilson_interval(holdout.right, holdout.rows)
    sure = f" ({ACCURACY.format_range(interval.low, interval.high)})" if holdout.rows >= HOLDOUT_FIRST else ""
    return f"on {holdout.rows} rows that no choice touched it got {holdout.right} right{sure}"


def _told_apart(leaderboard: Leaderboard) -> str:
    others, seeds = len(leaderboard.rows) - 1, len(leaderboard.seeds)
    if not leaderboard.metric.testable:
        return "times are not tested"
    if seeds < LEAST_SEEDS:
        return f"{'one seed is' if seeds == 1 else f'{seeds} seeds are'} too few to say which others are clearly worse"
    worse = leaderboard.clearly_worse()
    if not worse:
        return f"no {_everyone(leaderboard)} is clearly worse"
    named = f" ({_values(worse, leaderboard.axes)})" if len(leaderboard.axes) == 1 else ""
    return f"{len(worse)} of the other {others} {'is' if len(worse) == 1 else 'are'} clearly worse{named}"


def _everyone(leaderboard: Leaderboard) -> str:
    if len(leaderboard.axes) != 1 or not leaderboard.axes[0].ordered:
        return "other candidate"
    values = [row.values[leaderboard.axes[0].key] for row in leaderboard.rows]
    return f"{leaderboard.axes[0].name} from {min(values)} to {max(values)}"


def _values(rows: Sequence[Row], axes: Sequence[Axis], most: int = 6) -> str:
    """Return values as one lists them; where they are the last or first whole numbers in a row, as "25 to 30"."""
    values: list[Any] = sorted((row.values[axes[0].key] for row in rows), key=axes[0].place)
    whole = all(isinstance(value, int) for value in values)
    if whole and len(values) > 2 and values[-1] - values[0] == len(values) - 1:
        return f"{axes[0].name} = {values[0]} to {values[-1]}"
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return f"{axes[0].name} = {', '.join(str(value) for value in values[:most])}{more}"
