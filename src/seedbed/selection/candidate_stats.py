"""How sure a candidate's score is, and its difference to the leader's; or why that cannot be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import Metric, Source
from seedbed.metrics.names import DUMMY, DUMMY_LABEL, METRIC_COLUMN
from seedbed.metrics.predictions import count_rows
from seedbed.selection.axes import Axis, label
from seedbed.selection.inference import (
    TIED,
    Interval,
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


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A candidate's score minus the leader's, paired over the seeds of both.

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


@dataclass(frozen=True, kw_only=True)
class Row:
    """One candidate: `score` is the mean of `scores`, of times the median; `scores` stand in the order of `seeds`.

    `difference` is None for the leader itself; `train_accuracy` is None where it was not logged.
    """

    candidate: str
    label: str
    values: Mapping[str, Any] = field(hash=False)
    seeds: tuple[int, ...]
    scores: tuple[float, ...]
    score: float
    minimum: float
    maximum: float
    basis: Basis
    error: float | None = None
    low: float | None = None
    high: float | None = None
    train_accuracy: float | None
    test_train_ratio: float
    difference: Difference | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What rows are made with: for each candidate n_test/n_train, rows behind a proportion, training accuracy."""

    metric: Metric
    axes: tuple[Axis, ...]
    ratios: Mapping[str, float] = field(hash=False)
    trials: Mapping[str, float] = field(hash=False)
    trained: Mapping[str, float] = field(hash=False)

    def row(self, candidate: str, values: Mapping[str, Any], scores: Mapping[int, float]) -> Row:
        """Return the row of a candidate with `scores`, by seed; its difference is not yet known."""
        array = np.array(list(scores.values()), dtype=float)
        trained = self.trained.get(candidate, np.nan)
        basis, error, interval = self._spread(candidate, array)
        return Row(
            candidate=candidate,
            label=DUMMY_LABEL if candidate == DUMMY else label(values, self.axes),
            values=values,
            seeds=tuple(scores),
            scores=tuple(scores.values()),
            score=self.metric.average(array),
            minimum=float(array.min()),
            maximum=float(array.max()),
            basis=basis,
            error=error,
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            train_accuracy=None if np.isnan(trained) else float(trained),
            test_train_ratio=self.ratios[candidate],
        )

    def difference(self, row: Row, leader: Row) -> Difference:
        """Return a row's score minus the leader's, over the seeds that both finished."""
        of, other = dict(zip(row.seeds, row.scores, strict=True)), dict(zip(leader.seeds, leader.scores, strict=True))
        differences = np.array([of[seed] - other[seed] for seed in of if seed in other])
        mean = self.metric.average(differences)
        basis = self._difference_basis(differences)
        found = None
        if basis is Basis.SPLITS:
            found = paired_difference(differences, (row.test_train_ratio + leader.test_train_ratio) / 2)
        if found is None:
            return Difference(mean=mean, seeds=len(differences), basis=basis)
        interval = found.interval.clip_difference(*self.metric.bounds)
        return Difference(
            mean=mean,
            seeds=len(differences),
            basis=basis,
            error=found.error,
            low=interval.low,
            high=interval.high,
            p=found.p,
        )

    def compared(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        """Return the rows, the leader first, each but it with its difference, adjusted for their number."""
        differences = [self.difference(row, rows[0]) for row in rows[1:]]
        tested = [place for place, difference in enumerate(differences) if difference.p is not None]
        adjusted = holm([differences[place].p or 0.0 for place in tested])
        for place, p in zip(tested, adjusted, strict=True):
            differences[place] = replace(differences[place], holm=p)
        others = (replace(row, difference=one) for row, one in zip(rows[1:], differences, strict=True))
        return (*rows[:1], *others)

    def _spread(self, candidate: str, scores: Floats) -> tuple[Basis, float | None, Interval | None]:
        if not self.metric.testable:
            return Basis.TIMES, None, None
        if len(scores) == 1:
            return Basis.ONE_SPLIT, None, self._wilson(candidate, scores)
        if len(scores) < LEAST_SEEDS:
            return Basis.TOO_FEW, None, None
        interval = corrected_interval(scores, self.ratios[candidate])
        if interval is None:
            return Basis.EQUAL, None, self._wilson(candidate, scores)
        error = float(corrected_error(scores, self.ratios[candidate]))
        return Basis.SPLITS, error, interval.clip(*self.metric.bounds)

    def _wilson(self, candidate: str, scores: Floats) -> Interval | None:
        """Return an interval from the rows behind a proportion; a loss is none, and has no interval then."""
        rows = self.trials.get(candidate, 0.0)
        return wilson_interval(float(scores.mean()) * rows, rows) if rows and self.metric.is_share else None

    def _difference_basis(self, differences: Floats) -> Basis:
        if not self.metric.testable:
            return Basis.TIMES
        if np.abs(differences).max() <= TIED:
            return Basis.IDENTICAL
        if len(differences) < LEAST_SEEDS:
            return Basis.ONE_SPLIT if len(differences) == 1 else Basis.TOO_FEW
        return Basis.CONSTANT if all_equal(differences) else Basis.SPLITS


def comparison_of(
    runs: pd.DataFrame, metric: Metric, axes: tuple[Axis, ...], predictions: pd.DataFrame | None
) -> Comparison:
    """Return what the rows of `runs` are made with; every ratio is of the runs' real counts."""
    each = runs.assign(ratio=runs["n_test"] / runs["n_train"]).groupby("candidate")
    train_accuracy = METRIC_COLUMN + "train_accuracy"
    side = "n_train" if metric.source is Source.TRAINING_ROWS else "n_test"
    trials: Any = each[side].max()
    if predictions is not None and side == "n_test":
        trials = count_rows(predictions, metric)
    trained: Any = each[train_accuracy].mean() if train_accuracy in runs else {}
    return Comparison(
        metric=metric, axes=axes, ratios=_floats(each["ratio"].mean()), trials=_floats(trials), trained=_floats(trained)
    )


def _floats(values: Any) -> dict[str, float]:
    return {str(name): float(value) for name, value in values.items()}
