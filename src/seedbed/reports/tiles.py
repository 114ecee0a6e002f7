"""The few numbers that a reader of the report looks for first."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.selection.analysis import Verdict
from seedbed.selection.candidate_stats import LEAST_SEEDS
from seedbed.selection.inference import is_time, wilson_interval
from seedbed.selection.summary import HOLDOUT_FIRST, amount, metric_in_words, span


@dataclass(frozen=True)
class Tile:
    """A number with its name above it and what belongs to it below; `first` is the one to remember."""

    name: str
    value: str
    more: str
    first: bool = False


def tiles_of(verdict: Verdict) -> list[Tile]:
    """Return what to expect, what was chosen, the holdout, and how many are clearly worse."""
    if verdict.learning is not None:
        steps, metric = verdict.learning.steps, verdict.leaderboard.metric
        return [Tile(f"{rows} training rows", amount(score, metric), "mean") for rows, score in steps[-4:]]
    found = [*_expected(verdict), *_held(verdict)]
    if verdict.holdout and verdict.holdout.rows >= HOLDOUT_FIRST:
        found.reverse()
    found = [Tile(tile.name, tile.value, tile.more, first=place == 0) for place, tile in enumerate(found)]
    return [*found[:1], *_chosen(verdict), *found[1:], *_worse(verdict)]


def _expected(verdict: Verdict) -> list[Tile]:
    estimate, metric = verdict.estimate, verdict.leaderboard.metric
    if estimate is None:
        return []
    known = estimate.low is not None and estimate.high is not None
    interval = f"95 % interval {span(estimate.low or 0.0, estimate.high or 0.0, metric)}" if known else ""
    return [
        Tile(f"{metric_in_words(metric)} to expect, corrected".capitalize(), amount(estimate.value, metric), interval)
    ]


def _chosen(verdict: Verdict) -> list[Tile]:
    if verdict.choice is None:
        return []
    row, metric = verdict.choice.row, verdict.leaderboard.metric
    kind = "median" if is_time(metric) else "mean"
    return [Tile("Chosen", row.label, f"{kind} {amount(row.score, metric)}, {verdict.choice.rule.replace('_', ' ')}")]


def _held(verdict: Verdict) -> list[Tile]:
    holdout = verdict.holdout
    if holdout is None:
        return []
    bounds = wilson_interval(holdout.right, holdout.rows)
    value = f"{holdout.right} of {holdout.rows}"
    return [Tile("Right on rows that no choice touched", value, span(bounds.low, bounds.high, "accuracy"))]


def _worse(verdict: Verdict) -> list[Tile]:
    board = verdict.leaderboard
    if len(board.seeds) < LEAST_SEEDS or is_time(board.metric) or len(board.rows) < 2:
        return []
    others = len(board.rows) - 1
    return [Tile("Clearly worse", f"{len(board.clearly_worse())} of {others}", "others, paired and adjusted")]
