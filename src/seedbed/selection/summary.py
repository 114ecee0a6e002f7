"""The result of a sweep in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seedbed.config.candidate import FAMILY, format_param
from seedbed.errors import join_names
from seedbed.metrics.metric import ACCURACY, Metric
from seedbed.metrics.names import DUMMY
from seedbed.records.records import Holdout
from seedbed.selection.axes import Axis
from seedbed.selection.choice import RESAMPLES, CorrectedEstimate, Rule, SelectedCandidate
from seedbed.selection.families import FamilyComparison, FamilyScore
from seedbed.selection.inference import wilson_interval
from seedbed.selection.leaderboard import Leaderboard
from seedbed.selection.score_lines import LearningCurves
from seedbed.selection.scores import LEAST_SEEDS, Basis, CandidateScore, compare_to_best

_FASTER = 2.0  # times; less is within what the load of a machine does to a median
HOLDOUT_FIRST = 300  # from so many rows on the holdout tells more than the corrected estimate


def summarize_choice(
    choice: SelectedCandidate,
    estimate: CorrectedEstimate | None,
    leaderboard: Leaderboard,
    holdout: Holdout | None = None,
    families: FamilyComparison | None = None,
) -> str:
    """Say what was chosen, of which family, what to expect of it, and what is significantly or no worse."""
    compared, metric = len(leaderboard.rows), leaderboard.metric
    expected = [_describe_estimate(estimate, compared, metric, families)] if estimate else []
    if holdout:
        expected.insert(0 if holdout.rows >= HOLDOUT_FIRST else 1, _describe_holdout(holdout))
    others = [] if compared < 2 else [_describe_others(leaderboard, choice)]
    if families:
        others.insert(0, _describe_families(families, metric, families.estimate.rows_tested))
    chosen = _describe_choice(choice, leaderboard, families.served if families else None)
    return "; ".join([chosen, *expected, *others, *_describe_gain(choice, leaderboard)]) + "."


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


def _describe_choice(choice: SelectedCandidate, leaderboard: Leaderboard, family: FamilyScore | None) -> str:
    row, leader, average = choice.row, choice.leader, _describe_average(leaderboard)
    score, best = leaderboard.metric.format(row.score), "lowest" if leaderboard.metric.better == "lower" else "highest"
    if len(leaderboard.rows) == 1:
        return f"{row.label} has a {average} of {score}, with nothing to choose from"
    if family and family.candidates == 1:
        return f"{row.label} has a {average} of {score}"
    if family:
        average += f" of {family.candidates} {family.name} candidates"
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


def _describe_families(families: FamilyComparison, metric: Metric, rows: int) -> str:
    """Say which family is the best, which cannot be told apart from it, and which of these predicts faster."""
    leader, served = families.families[0], families.served
    words = f"of {len(families.families)} families {leader.name} is the best on rows not drawn"
    if served.difference and families.tolerance is not None:
        off = f"{served.name} differs by {metric.format_change(served.difference.mean)} {metric.difference_unit}"
        words += f", {off}, and is the first of the order within {families.tolerance:g}"
    if not families.no_worse:
        return words
    speeds = {one.name: one.times.get("predict_seconds", 0.0) for one in (leader, *families.no_worse)}
    gains = {name: speeds.get(served.name, 0.0) / own for name, own in speeds.items() if own}
    faster = [f"{name} ({gain:.2g} times)" for name, gain in gains.items() if gain >= _FASTER]
    words += f", and no worse as far as {rows} rows can tell: {join_names([one.name for one in families.no_worse])}"
    return words + (f"; faster to predict a row: {join_names(faster)}" if faster else "")


def _describe_estimate(
    estimate: CorrectedEstimate, compared: int, metric: Metric, families: FamilyComparison | None
) -> str:
    why = f"corrected for picking it among {compared}" if compared > 1 else "on rows not drawn"
    why += f" ({estimate.resamples} draws)" if estimate.resamples < RESAMPLES else ""
    narrow = ", too narrow: its scores vary more from split to split" * bool(families and families.served.too_narrow)
    within = metric.format_range(estimate.low, estimate.high)
    interval = f" (95 % interval {within}{narrow})" if within else ""
    never = ""
    if untested := estimate.rows_never_tested:
        never = f", {untested} row{'s' * (untested != 1)} never tested"
    return f"{why}, expect {metric.format(estimate.value)}{interval}{never}"


def _describe_holdout(holdout: Holdout) -> str:
    interval = wilson_interval(holdout.right, holdout.rows)
    shown = f" ({ACCURACY.format_range(interval.low, interval.high)})" if holdout.rows >= HOLDOUT_FIRST else ""
    return f"on {holdout.rows} holdout rows it got {holdout.right} right{shown}"


def _describe_gain(choice: SelectedCandidate, leaderboard: Leaderboard) -> list[str]:
    """Say what tuning brought over the best model that ran with its defaults; nothing if none did."""
    metric, models = leaderboard.metric, (one for one in leaderboard.baselines if one.candidate != DUMMY)
    found = compare_to_best(metric, choice.row, models)
    if found is None:
        return []
    best, gain = found
    within = metric.format_changes(gain.low, gain.high)
    size = f"{metric.format_change(gain.mean)} {metric.difference_unit}"
    return [f"tuning brought {size} over {best.label}" + (f" (95 % interval {within})" if within else "")]


def _describe_others(leaderboard: Leaderboard, choice: SelectedCandidate) -> str:
    """Say which candidates are significantly worse than the leader, or why that is not known."""
    rows, seeds, axes = leaderboard.rows, len(leaderboard.seeds), leaderboard.axes
    # The family of the best mean may not be the one that is served.
    than = f" than {rows[0].label}, whose {leaderboard.metric.average_name} leads" * (choice.leader is not rows[0])
    if not leaderboard.metric.testable:
        return "times are not tested"
    if not leaderboard.metric.has_intervals:
        return f"differences are not tested, since {Basis.NOT_OF_ROWS}"
    if seeds < LEAST_SEEDS:
        too_few = "one seed is too few" if seeds == 1 else f"{seeds} seeds are too few"
        return f"{too_few} to say which others are significantly worse{than}"
    if not leaderboard.testable:
        return "differences are not tested, as test_train_ratio is not known"
    if worse := leaderboard.significantly_worse():
        named = f" ({_list_values(worse, axes[0])})" if len(axes) == 1 else ""
        are = "is" if len(worse) == 1 else "are"
        return f"{len(worse)} of the other {len(rows) - 1} {are} significantly worse{named}{than}"
    others = "other candidate"
    if len(axes) == 1 and axes[0].ordered:
        key, values = axes[0].key, [row.values[axes[0].key] for row in rows if axes[0].key in row.values]
        low, high = (format_param(end, key) for end in (min(values), max(values)))
        others = f"{axes[0].name} from {low} to {high}"
    return f"no {others} is significantly worse{than}"


def _list_values(rows: Sequence[CandidateScore], axis: Axis, most: int = 6) -> str:
    """Return the values of an axis as a list; whole numbers in a row as "25 to 30"."""
    values: list[Any] = sorted((row.values[axis.key] for row in rows if axis.key in row.values), key=axis.rank)
    whole = all(isinstance(value, int) for value in values)
    if whole and len(values) > 2 and values[-1] - values[0] == len(values) - 1:
        return f"{axis.name} = {values[0]} to {values[-1]}"
    return f"{axis.name} = {join_names([format_param(value, axis.key) for value in values], most)}"
