"""How sure a candidate's score is, and its difference to another's; or why that cannot be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import Metric
from seedbed.selection.inference import (
    TIED,
    all_equal,
    corrected_error,
    corrected_interval,
    holm,
    paired_difference,
    wilson_interval,
)

LEAST_SEEDS = 5


class Basis(StrEnum):
    """What an interval rests on, or why there is none."""

    SPLITS = "corrected for splits of the same rows"
    ONE_SPLIT = "one split"
    TOO_FEW = "too few seeds for an interval"
    EQUAL = "equal on every split"
    IDENTICAL = "identical on these rows"
    CONSTANT = "the same difference on every split"
    TIMES = "median and range, no test"
    NOT_OF_ROWS = "intervals over seeds are sound only for means over rows"
    NO_RATIO = "no interval, as test_train_ratio is not known"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A candidate's score minus another's, paired over the seeds of both.

    `p` is two-sided; `holm` the same adjusted for the number of candidates that compete, None for those not counted.
    """

    mean: float
    seeds: int
    basis: Basis
    error: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    holm: float | None = None

    @property
    def has_zero(self) -> bool:
        """Whether the interval holds 0, so that the two cannot be told apart."""
        return self.low is not None and self.high is not None and self.low - TIED <= 0 <= self.high + TIED

    def bounds(self, sign: int = 1) -> list[float]:
        """Return the ends of its interval times a sign, rising; without an interval the mean twice."""
        return sorted(sign * (self.mean if end is None else end) for end in (self.low, self.high))


@dataclass(frozen=True, kw_only=True)
class CandidateScore:
    """One candidate: `score` is the mean of `scores`, of times the median; `scores` stand in the order of `seeds`.

    `difference` is None for the leader itself; `train_accuracy` is None if it was not logged.
    """

    candidate: str = ""
    label: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    seeds: tuple[int, ...]
    scores: tuple[float, ...]
    score: float
    minimum: float
    maximum: float
    basis: Basis
    error: float | None = None
    low: float | None = None
    high: float | None = None
    train_accuracy: float | None = None
    test_train_ratio: float
    difference: Difference | None = None


def score_candidate(
    metric: Metric, scores: Mapping[int, float], *, test_train_ratio: float, rows: float = 0, **facts: Any
) -> CandidateScore:
    """Return a candidate's mean score with its corrected interval; its difference is not yet known.

    Parameters
    ----------
    scores : by seed.
    test_train_ratio : n_test/n_train, NaN if that is not known.
    rows : how many rows are behind a score that is a share, for Wilson's interval if the seeds give none.
    facts : candidate, label, values and train_accuracy, as `CandidateScore` has them.
    """
    array = np.array(list(scores.values()), dtype=float)
    basis, error, interval = _find_basis(metric, array, Basis.EQUAL, test_train_ratio), None, None
    if basis is Basis.SPLITS:
        error, found = float(corrected_error(array, test_train_ratio)), corrected_interval(array, test_train_ratio)
        interval = found and found.clip(*metric.bounds)
    elif basis in (Basis.ONE_SPLIT, Basis.EQUAL) and rows and metric.is_share:
        interval = wilson_interval(float(array.mean()) * rows, rows)
    return CandidateScore(
        **facts,
        seeds=tuple(scores),
        scores=tuple(scores.values()),
        score=metric.average(array),
        minimum=float(array.min()),
        maximum=float(array.max()),
        basis=basis,
        error=error,
        **(vars(interval) if interval else {}),
        test_train_ratio=test_train_ratio,
    )


def compare_scores(metric: Metric, row: CandidateScore, other: CandidateScore) -> Difference:
    """Return a candidate's score minus another's, over the seeds that both finished."""
    theirs = dict(zip(other.seeds, other.scores, strict=True))
    own = zip(row.seeds, row.scores, strict=True)
    differences = np.array([score - theirs[seed] for seed, score in own if seed in theirs])
    ratio, (low, high) = (row.test_train_ratio + other.test_train_ratio) / 2, metric.bounds
    basis, error, p, interval = _find_basis(metric, differences, Basis.CONSTANT, ratio), None, None, None
    if metric.has_intervals and np.abs(differences).max() <= TIED:
        basis = Basis.IDENTICAL
    if basis is Basis.SPLITS and (found := paired_difference(differences, ratio)):
        error, p, interval = found.error, found.p, found.interval.clip(low - high, high - low)
    return Difference(
        mean=metric.average(differences),
        seeds=len(differences),
        basis=basis,
        error=error,
        p=p,
        **(vars(interval) if interval else {}),
    )


def compare_to_best(
    metric: Metric, row: CandidateScore, others: Iterable[CandidateScore]
) -> tuple[CandidateScore, Difference] | None:
    """Return the best of others that have a score on one of a row's seeds, and the row's difference to it."""
    comparable = [one for one in others if not set(one.seeds).isdisjoint(row.seeds)]
    best = max(comparable, key=lambda one: metric.sign * one.score, default=None)
    return None if best is None else (best, compare_scores(metric, row, best))


def compare_to_leader(metric: Metric, rows: Sequence[CandidateScore]) -> tuple[CandidateScore, ...]:
    """Return the rows, the leader first, each other with its difference; p values adjusted for their number."""
    differences = [compare_scores(metric, row, rows[0]) for row in rows[1:]]
    adjusted = iter(holm([one.p for one in differences if one.p is not None]))
    differences = [one if one.p is None else replace(one, holm=next(adjusted)) for one in differences]
    others = (replace(row, difference=one) for row, one in zip(rows[1:], differences, strict=True))
    return (*rows[:1], *others)


def _find_basis(metric: Metric, values: Floats, if_equal: Basis, test_train_ratio: float) -> Basis:
    """Return what an interval of the mean over splits rests on."""
    if not metric.testable:
        return Basis.TIMES
    if not metric.of_rows:
        return Basis.NOT_OF_ROWS
    if len(values) < LEAST_SEEDS:
        return Basis.ONE_SPLIT if len(values) == 1 else Basis.TOO_FEW
    if all_equal(values):
        return if_equal
    return Basis.NO_RATIO if np.isnan(test_train_ratio) else Basis.SPLITS
