"""The result of a sweep in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seedbed.config.candidate import FAMILY, format_param
from seedbed.errors import join_names
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.records.records import Holdout
from seedbed.selection.axes import Axis
from seedbed.selection.choice import CorrectedEstimate, Rule, SelectedCandidate
from seedbed.selection.inference import wilson_interval
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.score_lines import LearningCurves
from seedbed.selection.scores import LEAST_SEEDS, CandidateScore

HOLDOUT_FIRST = 300  # from so many rows on the holdout tells more than the corrected estimate


def summarize_choice(
    choice: SelectedCandidate,
    estimate: CorrectedEstimate | None,
    leaderboard: Leaderboard,
    holdout: Holdout | None = None,
) -> str:
    """Say what was chosen, what to expect of it, and what is significantly worse."""
    compared = len(leaderboard.rows)
    expected = [_describe_estimate(estimate, compared, leaderboard.metric)] if estimate else []
    if holdout:
        expected.insert(0 if holdout.rows >= HOLDOUT_FIRST else 1, _describe_holdout(holdout))
    others = [] if compared < 2 else [_describe_others(leaderboard)]
    ends = "which is its own limit", "and a better value may lie beyond"
    edges = (
        f"{one.axis.name} is at the {one.side} edge of the grid, {ends[not one.own_bound]}" for one in choice.edges
    )
    return "; ".join([_describe_choice(choice, leaderboard), *expected, *others, *edges]) + "."


def summarize_learning(learning: LearningCurves, leaderboard: Leaderboard) -> str:
    """Say what more training rows brought; nothing is chosen among numbers of rows."""
    steps, metric = learning.steps, learning.metric
    whose = f"with {learning.lines[0].name}, the" if learning.lines[0].name else "the"
    (first, start), (last, end) = steps[0], steps[-1]
    words = f"{whose} {_describe_average(leaderboard)} is {metric.format(end)} with {last} training rows."
    if len(steps) > 1:
        before, earlier = steps[-2]
        size = metric.format_difference(abs(end - earlier))
        gained = f"rose by {size}" if end > earlier else f"fell by {size}"
        words = (
            f"{whose} {_describe_average(leaderboard)} goes from {metric.format(start)} with {first} training rows to "
            f"{metric.format(end)} with {last}; over the last step, from {before} to {last}, it "
            f"{'stayed' if size == metric.format_difference(0.0) else gained}; nothing is chosen, since only the "
            "number of training rows is compared."
        )
    return words[0].upper() + words[1:]


def _describe_average(leaderboard: Leaderboard) -> str:
    splits = f"{len(leaderboard.seeds)} splits" if len(leaderboard.seeds) > 1 else "one split"
    return f"{leaderboard.metric.average_name} {leaderboard.metric.words} over {splits}"


def _describe_choice(choice: SelectedCandidate, leaderboard: Leaderboard) -> str:
    row, leader, average = choice.row, choice.leader, _describe_average(leaderboard)
    score, best = leaderboard.metric.format(row.score), "lowest" if leaderboard.metric.better == "lower" else "highest"
    if len(leaderboard.rows) == 1:
        return f"{row.label} has a {average} of {score}, with nothing to choose from"
    if choice.rule is Rule.ONE_STANDARD_ERROR and row is not leader:
        simplest = f"simplest {row.values[FAMILY]}" if FAMILY in row.values else "simplest"
        return (
            f"{row.label} is the {simplest} within one standard error of {leader.label}, which has the {best} "
            f"{average}, {leaderboard.metric.format(leader.score)}: it has {score} and gives up "
            f"{leaderboard.metric.format_difference(choice.given_up)}"
        )
    taken = "the middle of" if all(axis.ordered for axis in leaderboard.axes) else "one of"
    tied = f", {taken} {len(choice.tied)} tied," if len(choice.tied) > 1 else ""
    return f"{row.label}{tied} has the {best} {average}, {score}"


def _describe_estimate(estimate: CorrectedEstimate, compared: int, metric: Metric) -> str:
    why = f"corrected for picking it among {compared}, expect" if compared > 1 else "on rows not drawn, expect"
    known = estimate.low is not None and estimate.high is not None
    interval = f" (95 % interval {metric.format_range(estimate.low or 0.0, estimate.high or 0.0)})" if known else ""
    never = f", {estimate.rows_never_tested} rows never tested" if estimate.rows_never_tested else ""
    return f"{why} {metric.format(estimate.value)}{interval}{never}"


def _describe_holdout(holdout: Holdout) -> str:
    interval = wilson_interval(holdout.right, holdout.rows)
    shown = f" ({ACCURACY.format_range(interval.low, interval.high)})" if holdout.rows >= HOLDOUT_FIRST else ""
    return f"on {holdout.rows} holdout rows it got {holdout.right} right{shown}"


def _describe_others(leaderboard: Leaderboard) -> str:
    """Say which candidates are significantly worse than the leader, or why that is not known."""
    rows, seeds, axes = leaderboard.rows, len(leaderboard.seeds), leaderboard.axes
    if not leaderboard.metric.testable:
        return "times are not tested"
    if seeds < LEAST_SEEDS:
        too_few = "one seed is too few" if seeds == 1 else f"{seeds} seeds are too few"
        return f"{too_few} to say which others are significantly worse"
    if not leaderboard.testable:
        return "differences are not tested, as test_train_ratio is not known"
    if worse := leaderboard.significantly_worse():
        named = f" ({_list_values(worse, axes[0])})" if len(axes) == 1 else ""
        are = "is" if len(worse) == 1 else "are"
        return f"{len(worse)} of the other {len(rows) - 1} {are} significantly worse{named}"
    others = "other candidate"
    if len(axes) == 1 and axes[0].ordered:
        key, values = axes[0].key, [row.values[axes[0].key] for row in rows if axes[0].key in row.values]
        low, high = (format_param(end, key) for end in (min(values), max(values)))
        others = f"{axes[0].name} from {low} to {high}"
    return f"no {others} is significantly worse"


def _list_values(rows: Sequence[CandidateScore], axis: Axis, most: int = 6) -> str:
    """Return the values of an axis as a list; whole numbers in a row as "25 to 30"."""
    values: list[Any] = sorted((row.values[axis.key] for row in rows if axis.key in row.values), key=axis.rank)
    whole = all(isinstance(value, int) for value in values)
    if whole and len(values) > 2 and values[-1] - values[0] == len(values) - 1:
        return f"{axis.name} = {values[0]} to {values[-1]}"
    return f"{axis.name} = {join_names([format_param(value, axis.key) for value in values], most)}"
