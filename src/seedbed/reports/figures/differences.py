"""How much each candidate differs from the chosen one on the same splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seedbed.data.arrays import Floats
from seedbed.metrics.metric import Metric
from seedbed.selection.candidate_stats import LEAST_SEEDS, Row
from seedbed.selection.inference import paired_difference
from seedbed.selection.leaderboard import Leaderboard


@dataclass(frozen=True, kw_only=True, eq=False)
class Differences:
    """Each candidate's score minus the chosen one's, in the order of the rows given.

    Attributes
    ----------
    mean : array of shape (n_rows,); of times the median.
    low, high : arrays of shape (n_rows,), corrected 95 % intervals, of the chosen itself 0; NaN where there is none.
    """

    mean: Floats
    low: Floats
    high: Floats


def differences_of(leaderboard: Leaderboard, rows: tuple[Row, ...], chosen: Row) -> Differences:
    """Work out the paired differences of complete candidates to the chosen one."""
    found = [_difference(leaderboard.metric, row, chosen) for row in rows]
    mean, low, high = (np.array(column, dtype=float) for column in zip(*found, strict=True))
    return Differences(mean=mean, low=low, high=high)


def _difference(metric: Metric, row: Row, chosen: Row) -> tuple[float, float, float]:
    differences = np.array(row.scores) - np.array(chosen.scores)
    mean = metric.average(differences)
    if not metric.testable or len(differences) < LEAST_SEEDS:
        return mean, np.nan, np.nan
    if row.candidate == chosen.candidate:
        return 0.0, 0.0, 0.0
    found = paired_difference(differences, (row.test_train_ratio + chosen.test_train_ratio) / 2)
    if found is None:
        return mean, np.nan, np.nan
    interval = found.interval.clip_difference(*metric.bounds)
    return mean, interval.low, interval.high
