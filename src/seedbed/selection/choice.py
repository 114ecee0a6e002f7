"""Which candidate a rule chooses, and what to expect of it once the choosing is accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd

from seedbed.data.arrays import Codes, Floats
from seedbed.errors import BadInput, BadValue, NotDone
from seedbed.metrics.metric import Metric
from seedbed.metrics.predictions import arrange_predictions, make_scorer, mean_over_splits
from seedbed.selection.axes import Edge, FamilyKey, find_edge, find_middle, get_family
from seedbed.selection.bbc import Pick, draw_out_of_bag, number_units
from seedbed.selection.inference import LEVEL, TIED, Interval, corrected_error, wilson_interval
from seedbed.selection.leaderboard import NO_PROBABILITIES, Leaderboard
from seedbed.selection.scores import LEAST_SEEDS, CandidateScore

RESAMPLES = 2000
OWN_RESAMPLES = 200  # of a function of one's own, which is asked for each candidate, split and draw
SEED = 20180529  # any fixed number: the same sweep gives the same estimate
ALL = slice(None)  # of the candidates


class Rule(StrEnum):
    """How a candidate is chosen."""

    HIGHEST_MEAN = "highest_mean"
    ONE_STANDARD_ERROR = "one_standard_error"


class NoCompleteCandidate(NotDone):
    """No candidate finished every seed with a score."""

    def __init__(self, leaderboard: Leaderboard) -> None:
        metric, incomplete = leaderboard.metric.name, leaderboard.incomplete
        why, cure = "no run finished", "finish the sweep with resume=latest"
        if incomplete and all(one.reason.startswith(NO_PROBABILITIES) for one in incomplete):
            why, cure = f"none of the {len(incomplete)} predicts probabilities", "choose by accuracy, for example"
        elif incomplete:
            why = f"each of the {len(incomplete)} lacks runs or scores on some seeds"
        super().__init__(f"No candidate can be chosen by {metric}, since {why}; {cure}.")


class NoStandardError(BadInput):
    """The rule goes by a standard error that these runs do not have."""

    def __init__(self, why: str) -> None:
        super().__init__(f"selection.rule={Rule.ONE_STANDARD_ERROR} {why}; use selection.rule={Rule.HIGHEST_MEAN}.")


@dataclass(frozen=True, kw_only=True)
class SelectedCandidate:
    """The candidate that a rule chooses.

    Attributes
    ----------
    leader : the best mean, among the candidates that were chosen from.
    tied : those whose mean equals the leader's, it included, in the order of the grid.
    given_up : how much worse than the leader's the score of the chosen one is, in the metric's own unit, from 0.
    edges : where the choice lies at the end of the grid.
    """

    rule: Rule
    row: CandidateScore
    leader: CandidateScore
    tied: tuple[CandidateScore, ...]
    given_up: float
    edges: tuple[Edge, ...]

    @property
    def candidate(self) -> str:
        """The id of the candidate chosen."""
        return self.row.candidate


@dataclass(frozen=True, kw_only=True)
class CorrectedEstimate:
    """What to expect of the chosen candidate on new rows.

    Attributes
    ----------
    low, high : 95 % bounds, percentiles of the resamples; from the distinct rows by Wilson's formula if all resamples
        agree (`method` says which), None if that cannot be said either.
    shares : how often each candidate was chosen, of several families in its own; a picture of stability, not a
        confidence set.
    rows_tested, rows_never_tested : of the development rows.
    """

    value: float
    low: float | None = None
    high: float | None = None
    method: str
    shares: Mapping[str, float] = field(hash=False)
    resamples: int
    rows_tested: int
    rows_never_tested: int


def choose(
    leaderboard: Leaderboard, rule: str = Rule.HIGHEST_MEAN, family: FamilyKey | None = None
) -> SelectedCandidate:
    """Choose by a rule.

    Parameters
    ----------
    rule : `highest_mean`: the best mean; of means equal to 1e-9 the middle of the tied values, of an even number of
        them the lower middle; of values without order the first in the config's order. `one_standard_error`
        (Breiman et al., 1984, with the corrected error of the paired difference): the simplest candidate of the same
        family, such as the largest `n_neighbors` or the smallest `C`, reached from there without leaving one standard
        error; all else that the sweep varies stays as it is.
    family : the one among whose candidates to choose; None: among all.

    Raises
    ------
    NoCompleteCandidate : no candidate is complete.
    NoStandardError : `one_standard_error` with fewer than 5 seeds, by a time, or if no number that the sweep varies is
        simpler at one end.
    """
    checked, leader = check_rule(rule, leaderboard), leaderboard.leader
    if leader is None:
        raise NoCompleteCandidate(leaderboard)
    rows = [leaderboard.row(name) for name in leaderboard.order.candidates]
    span = ALL if family is None else leaderboard.spans[family]
    if family is not None:
        leader = rows[pick_one(leaderboard, Rule.HIGHEST_MEAN, span)]
    row = rows[pick_one(leaderboard, checked, span)] if checked is Rule.ONE_STANDARD_ERROR else leader
    own, most = get_family(row.values), leaderboard.least_n_train
    alike = [one.values for one in rows if get_family(one.values) == own]
    edges = (
        find_edge(axis, row.values[axis.key], [one[axis.key] for one in alike if axis.key in one], most)
        for axis in leaderboard.families[own]
        if axis.key in row.values
    )
    return SelectedCandidate(
        rule=checked,
        row=row,
        leader=leader,
        tied=tuple(one for one in rows[span] if abs(one.score - leader.score) <= TIED),
        given_up=max(0.0, leaderboard.metric.sign * (leader.score - row.score)),
        edges=tuple(edge for edge in edges if edge),
    )


def estimate_choice(
    predictions: pd.DataFrame,
    leaderboard: Leaderboard,
    rule: str = Rule.HIGHEST_MEAN,
    *,
    resamples: int | None = None,
    seed: int = SEED,
) -> CorrectedEstimate | None:
    """Return the score of the chosen candidate, corrected for choosing it (BBC-CV: see `bbc`).

    None without predictions, and for a metric that is not a function of the test rows, such as a time.

    Parameters
    ----------
    predictions : the sweep's test predictions; columns candidate, seed, row, truth, prediction, `probability/<class>`
        and, if rows belong together, group.
    rule : the rule of the choice; it chooses on the drawn rows too.
    resamples : by default as many as `count_resamples` says.
    """
    found = estimate_choices(predictions, leaderboard, rule, [ALL], resamples=resamples, seed=seed)
    return found[0][0] if found else None


def estimate_choices(
    predictions: pd.DataFrame,
    leaderboard: Leaderboard,
    rule: str,
    spans: Sequence[slice],
    *,
    resamples: int | None = None,
    seed: int = SEED,
) -> tuple[list[CorrectedEstimate], Floats] | None:
    """Return `estimate_choice` within each span of the leaderboard's order, and the scores of all on the same draws.

    The scores are of shape (n_spans, n_draws). None, too, if one of the spans has no score in any draw.
    """
    if not leaderboard.rows:
        raise NoCompleteCandidate(leaderboard)
    if predictions.empty:
        return None
    names, metric, checked = leaderboard.order.candidates, leaderboard.metric, check_rule(rule, leaderboard)
    picks = [make_pick(leaderboard, checked, span) for span in spans]
    tests = arrange_predictions(predictions, names, leaderboard.seeds)
    scorer = make_scorer(metric, tests.classes)
    if scorer is None:
        return None
    units, rows = number_units(predictions, tests.rows), len(tests.rows)
    resamples = resamples or count_resamples(metric)

    def pick_each(scores: Floats) -> Codes:
        return np.stack([pick(scores) for pick in picks])

    chosen, scores = draw_out_of_bag(tests, scorer, pick_each, resamples, seed, units)
    if np.isnan(scores).all(axis=1).any():
        return None
    estimates = []
    for picked, own in zip(chosen, scores, strict=True):
        value, interval, method = summarize_draws(own, metric, int(units.max()) + 1)
        shares = np.bincount(picked, minlength=len(names)) / resamples
        estimate = CorrectedEstimate(
            value=value,
            **(vars(interval) if interval else {}),
            method=method,
            shares=dict(zip(names, shares.tolist(), strict=True)),
            resamples=resamples,
            rows_tested=rows,
            rows_never_tested=max(0, leaderboard.development_rows - rows),
        )
        estimates.append(estimate)
    return estimates, scores


def count_resamples(metric: Metric) -> int:
    """Return how often rows are drawn."""
    return OWN_RESAMPLES if metric.own else RESAMPLES


def summarize_draws(scores: Floats, metric: Metric, units: int) -> tuple[float, Interval | None, str]:
    """Return the mean of out-of-bag scores, its interval, which contains it, and the method of that.

    `scores` is of shape (n_draws,), NaN where no row was left; `units` is how many rows, or groups, were drawn from.
    """
    scores, tail = scores[~np.isnan(scores)], 50 * (1 - LEVEL)
    value = float(scores.mean())
    low, high = (float(bound) for bound in np.percentile(scores, [tail, 100 - tail]))
    if high - low > TIED:
        return value, Interval(min(low, value), max(high, value)), "percentiles"
    # Resamples that all agree show no spread, yet rows not seen may differ.
    return (value, wilson_interval(value * units, units), "wilson") if metric.is_share else (value, None, "none")


def pick_one(leaderboard: Leaderboard, rule: Rule, span: slice) -> int:
    """Return the index of the candidate that a rule chooses by the sweep's own scores in a span of the order."""
    return int(make_pick(leaderboard, rule, span)(leaderboard.scores()[:, None, :])[0])


def make_pick(leaderboard: Leaderboard, rule: Rule, span: slice = ALL) -> Pick:
    """Return the rule as a function of scores, the same for the sweep's own and for all resamples at once.

    It chooses in a span of the leaderboard's order, which has whole families; the scores are of all candidates.
    """
    order, first = leaderboard.order, span.start or 0
    groups, lines, steps = (values[span] for values in (order.groups, order.lines, order.steps))
    sign, every = leaderboard.metric.sign, np.arange(len(lines))
    ratio = float(np.mean([row.test_train_ratio for row in leaderboard.rows]))

    def pick_highest_mean(scores: Floats) -> Codes:
        means = np.nan_to_num(sign * mean_over_splits(scores), nan=-np.inf)
        return find_middle(means >= means.max(axis=1, keepdims=True) - TIED, groups)

    def pick_simplest(scores: Floats) -> Codes:
        leaders = pick_highest_mean(scores)
        best = np.take_along_axis(scores, leaders[None, :, None], axis=2)
        behind = np.moveaxis(sign * (best - scores), 0, -1)
        within = behind.mean(axis=-1) <= corrected_error(behind, ratio) + TIED
        step = steps[leaders][:, None]
        away = (every - leaders[:, None]) * step  # how far ahead on the way to simpler ones
        outside = (away > 0) & ~(within & (lines == lines[leaders][:, None]))
        reached = np.where(outside, away - 1, away.max(axis=1, keepdims=True)).min(axis=1)
        return np.asarray(leaders + steps[leaders] * reached)

    pick = pick_simplest if rule is Rule.ONE_STANDARD_ERROR else pick_highest_mean
    return lambda scores: first + pick(scores[..., span])


def check_rule(rule: str, leaderboard: Leaderboard) -> Rule:
    """Return the rule; BadInput if there is none of this name, or this leaderboard lacks what it goes by."""
    if rule not in list(Rule):
        raise BadValue("selection.rule", rule, " or ".join(Rule))
    if rule == Rule.ONE_STANDARD_ERROR:
        seeds = len(leaderboard.seeds)
        if not leaderboard.metric.testable:
            raise NoStandardError(f"cannot go by {leaderboard.metric}, since times are not tested")
        if seeds < LEAST_SEEDS:
            raise NoStandardError(f"needs at least {LEAST_SEEDS} seeds and this sweep has {seeds}")
        if any(np.isnan(row.test_train_ratio) for row in leaderboard.rows):
            raise NoStandardError("needs the ratio of test to training rows, test_train_ratio, which is not known here")
        if not leaderboard.order.steps.any():
            raise NoStandardError(
                "looks for the simplest candidate, and this sweep does not vary a number with a simpler end"
            )
    return Rule(rule)
