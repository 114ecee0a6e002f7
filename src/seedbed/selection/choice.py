"""Which candidate a rule chooses, and what to expect of it once the choosing is accounted for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd

from seedbed.data.arrays import Codes, Floats
from seedbed.errors import BadInput, BadValue, NotDone
from seedbed.metrics.metric import Metric
from seedbed.metrics.predictions import arrange_predictions, make_scorer, mean_over_splits
from seedbed.selection.axes import NEIGHBORS, Edge, edge_of, middle_of_tied
from seedbed.selection.bbc import Pick, out_of_bag, units_of
from seedbed.selection.candidate_stats import LEAST_SEEDS, Row
from seedbed.selection.inference import LEVEL, TIED, Interval, corrected_error, wilson_interval
from seedbed.selection.leaderboard import Leaderboard

RESAMPLES = 2000
SEED = 20180529  # any fixed number: the same sweep gives the same estimate


class Rule(StrEnum):
    """How a candidate is chosen."""

    HIGHEST_MEAN = "highest_mean"
    ONE_STANDARD_ERROR = "one_standard_error"


class NobodyCompetes(NotDone):
    """No candidate finished every seed with a score."""

    def __init__(self, metric: str, incomplete: int) -> None:
        why = f"each of the {incomplete} lacks runs or scores on some seeds" if incomplete else "no run finished"
        super().__init__(f"No candidate can be chosen by {metric}, since {why}; finish the sweep with resume=latest.")
        self.metric, self.incomplete = metric, incomplete


class NoStandardError(BadInput):
    """The rule goes by a standard error that these runs do not have."""

    def __init__(self, why: str) -> None:
        super().__init__(f"selection.rule={Rule.ONE_STANDARD_ERROR} {why}; use selection.rule={Rule.HIGHEST_MEAN}.")
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The candidate chosen.

    Attributes
    ----------
    tied : candidates whose mean equals the leader's, it included, in the order of the grid.
    given_up : how much worse than the leader's the score of the chosen one is, in the metric's own unit, from 0.
    edges : where the choice lies at the end of the grid.
    """

    rule: Rule
    row: Row
    leader: Row
    tied: tuple[Row, ...]
    given_up: float
    edges: tuple[Edge, ...]

    @property
    def candidate(self) -> str:
        """The identity of the candidate chosen."""
        return self.row.candidate


@dataclass(frozen=True, kw_only=True)
class CorrectedEstimate:
    """What to expect of the chosen candidate on new rows.

    Attributes
    ----------
    low, high : 95 % bounds, percentiles of the resamples; from the distinct rows by Wilson's formula where all
        resamples agree (`method` says which), None where that cannot be said either.
    shares : how often each candidate was chosen; a picture of stability, not a confidence set.
    rows_tested, rows_never_tested : of the development rows.
    """

    value: float
    low: float | None
    high: float | None
    method: str
    shares: Mapping[str, float] = field(hash=False)
    resamples: int
    rows_tested: int
    rows_never_tested: int


def choose(leaderboard: Leaderboard, rule: str = Rule.HIGHEST_MEAN) -> Choice:
    """Choose by a rule.

    Parameters
    ----------
    rule : `highest_mean`: the best mean; of means equal to 1e-9 the middle of the tied values, of an even number of
        them the lower middle; of values without order the first in the config's order. `one_standard_error`
        (Breiman et al., 1984, with the corrected error of the paired difference): the largest `n_neighbors` reached
        from there without leaving one standard error.

    Raises
    ------
    NobodyCompetes : no candidate is complete.
    NoStandardError : `one_standard_error` with fewer than 5 seeds, by a time, or without `n_neighbors` in the sweep.
    """
    rule, leader = _checked(rule, leaderboard), leaderboard.leader
    if leader is None:
        raise NobodyCompetes(leaderboard.metric.name, len(leaderboard.incomplete))
    row = leader
    if rule is Rule.ONE_STANDARD_ERROR:
        place = _pick(leaderboard, rule)(leaderboard.scores()[:, None, :])[0]
        row = leaderboard.row(leaderboard.order.candidates[place])
    in_order = (leaderboard.row(name) for name in leaderboard.order.candidates)
    return Choice(
        rule=rule,
        row=row,
        leader=leader,
        tied=tuple(one for one in in_order if abs(one.score - leader.score) <= TIED),
        given_up=max(0.0, leaderboard.metric.sign * (leader.score - row.score)),
        edges=_edges(leaderboard, row),
    )


def corrected_estimate(
    predictions: pd.DataFrame,
    leaderboard: Leaderboard,
    rule: str = Rule.HIGHEST_MEAN,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> CorrectedEstimate | None:
    """Return the score of the chosen candidate, corrected for choosing it (BBC-CV: see `bootstrap`).

    Parameters
    ----------
    predictions : the sweep's test predictions; columns candidate, seed, row, truth, prediction, `probability/<class>`
        and, where rows belong together, group.
    rule : the rule of the choice; it chooses on the drawn rows too.

    Returns
    -------
    None for a metric that is no function of the test rows, such as a time or the training accuracy.
    """
    if not leaderboard.rows:
        raise NobodyCompetes(leaderboard.metric.name, len(leaderboard.incomplete))
    pick = _pick(leaderboard, _checked(rule, leaderboard))
    names = leaderboard.order.candidates
    trials = arrange_predictions(predictions, names, leaderboard.seeds)
    scorer = make_scorer(leaderboard.metric, trials.classes)
    if scorer is None:
        return None
    units = units_of(predictions, trials.rows)
    chosen, scores = out_of_bag(trials, scorer, pick, resamples, seed, units)
    scores = scores[~np.isnan(scores)]
    if not len(scores):
        return None
    value, rows = float(scores.mean()), len(trials.rows)
    interval, method = _percentiles(scores, leaderboard.metric, int(units.max()) + 1)
    return CorrectedEstimate(
        value=value,
        low=min(interval.low, value) if interval else None,
        high=max(interval.high, value) if interval else None,
        method=method,
        shares=dict(zip(names, (np.bincount(chosen, minlength=len(names)) / resamples).tolist(), strict=True)),
        resamples=resamples,
        rows_tested=rows,
        rows_never_tested=max(0, leaderboard.development_rows - rows),
    )


def _checked(rule: str, leaderboard: Leaderboard) -> Rule:
    if rule not in list(Rule):
        raise BadValue("selection.rule", rule, " or ".join(Rule))
    if rule == Rule.ONE_STANDARD_ERROR:
        seeds = len(leaderboard.seeds)
        if not leaderboard.metric.testable:
            raise NoStandardError(f"has no standard error of {leaderboard.metric} to go by, a time is not tested")
        if seeds < LEAST_SEEDS:
            raise NoStandardError(f"needs at least {LEAST_SEEDS} seeds and this sweep has {seeds}")
        if all(axis.key != NEIGHBORS for axis in leaderboard.axes):
            raise NoStandardError(f"looks for the largest {NEIGHBORS}, which this sweep does not vary")
    return Rule(rule)


def _pick(leaderboard: Leaderboard, rule: Rule) -> Pick:
    """Return the rule as a function of scores, the same for the sweep's own and for all resamples at once."""
    groups, lines, sign = leaderboard.order.groups, leaderboard.order.lines, leaderboard.metric.sign
    ratio = float(np.mean([row.test_train_ratio for row in leaderboard.rows]))

    def highest(scores: Floats) -> Codes:
        means = np.nan_to_num(sign * mean_over_splits(scores), nan=-np.inf)
        return middle_of_tied(means >= means.max(axis=1, keepdims=True) - TIED, groups)

    def one_standard_error(scores: Floats) -> Codes:
        leaders = highest(scores)
        best = np.take_along_axis(scores, leaders[None, :, None], axis=2)
        behind = np.moveaxis(sign * (best - scores), 0, -1)
        within = behind.mean(axis=-1) <= corrected_error(behind, ratio) + TIED
        beyond = np.arange(len(lines)) > leaders[:, None]
        outside = beyond & ~(within & (lines == lines[leaders][:, None]))
        return np.where(outside.any(axis=1), outside.argmax(axis=1), len(lines)) - 1

    return one_standard_error if rule is Rule.ONE_STANDARD_ERROR else highest


def _edges(leaderboard: Leaderboard, row: Row) -> tuple[Edge, ...]:
    edges = (
        edge_of(
            axis,
            row.values[axis.key],
            [other.values[axis.key] for other in leaderboard.rows],
            most=leaderboard.least_n_train if axis.key == NEIGHBORS else math.inf,
        )
        for axis in leaderboard.axes
    )
    return tuple(edge for edge in edges if edge)


def _percentiles(scores: Floats, metric: Metric, units: int) -> tuple[Interval | None, str]:
    tail = 50 * (1 - LEVEL)
    low, high = (float(bound) for bound in np.percentile(scores, [tail, 100 - tail]))
    if high - low > TIED:
        return Interval(low, high), "percentiles"
    # Resamples that all agree show no spread, yet rows not seen may differ.
    return (wilson_interval(float(scores.mean()) * units, units), "wilson") if metric.is_share else (None, "none")
