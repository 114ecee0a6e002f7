"""The formulas of an honest comparison, each with its source: arrays in, numbers out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from seedbed.data.arrays import Floats

TIED = 1e-9  # scores nearer than this are equal: sums of floats differ in their last digits by the order of summing
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Two bounds, both inside."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def clip(self, low: float, high: float) -> Interval:
        """Return what of the interval lies within two bounds."""
        return Interval(max(self.low, low), min(self.high, high))


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """A mean difference over splits; `error` is its corrected standard error, `p` two-sided."""

    mean: float
    error: float
    interval: Interval
    p: float


def all_equal(scores: Floats) -> bool:
    """Say whether scores are the same to 1e-9."""
    return bool(np.ptp(scores) <= TIED)


def corrected_variance(differences: Floats, test_train_ratio: float) -> Floats:
    """Return the corrected resampled variance of a mean over splits.

    Nadeau & Bengio (2003), "Inference for the generalization error": s^2 * (1/S + n_test/n_train), because splits of
    the same rows share most of what they train on and are not S independent draws.

    Parameters
    ----------
    differences : array of shape (..., n_splits), scores or paired differences; at least 2 splits.
    test_train_ratio : n_test/n_train.

    Returns
    -------
    variance : array of shape (...).
    """
    splits = differences.shape[-1]
    if splits < 2:
        raise ValueError(f"a variance over splits needs at least 2 of them, not {splits}")
    return np.asarray(np.var(differences, axis=-1, ddof=1) * (1 / splits + test_train_ratio))


def corrected_error(differences: Floats, test_train_ratio: float) -> Floats:
    """Return the square root of the corrected variance; shapes as there."""
    return np.asarray(np.sqrt(corrected_variance(differences, test_train_ratio)))


def corrected_interval(scores: Floats, test_train_ratio: float, level: float = LEVEL) -> Interval | None:
    """Return the corrected resampled t interval of the mean of scores of shape (n_splits,), S - 1 degrees of freedom.

    Nadeau & Bengio (2003). None where all scores are equal: no spread over splits is no proof of certainty.
    """
    if all_equal(scores):
        return None
    mean, error = float(np.mean(scores)), float(corrected_error(scores, test_train_ratio))
    half = error * float(stdtrit(len(scores) - 1, (1 + level) / 2))
    return Interval(mean - half, mean + half)


def paired_difference(differences: Floats, test_train_ratio: float, level: float = LEVEL) -> PairedDifference | None:
    """Return the corrected resampled t test of paired differences of shape (n_splits,): one candidate minus another.

    Nadeau & Bengio (2003); Bouckaert & Frank (2004) on why it is to be preferred. None where all are equal.
    """
    interval = corrected_interval(differences, test_train_ratio, level)
    if interval is None:
        return None
    mean, error = float(np.mean(differences)), float(corrected_error(differences, test_train_ratio))
    p = 2 * float(stdtr(len(differences) - 1, -abs(mean) / error))
    return PairedDifference(mean=mean, error=error, interval=interval, p=p)


def exceeds_chance(difference: float, error: float) -> bool:
    """Say whether a difference, corrected for choosing the better side, is more than chance alone would often give.

    Parameters
    ----------
    error : corrected standard error of the difference. Half of it: noise then moves 2 of 19 choices, a difference
        above 0 half of them, and one above the whole error keeps a choice that is truly 3 points better out.
    """
    return difference > max(error / 2, TIED)


def wilson_interval(successes: float, trials: float, level: float = LEVEL) -> Interval:
    """Return Wilson's score interval of a proportion.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference". `successes` need not be
    whole: a mean of proportions over splits, on the distinct rows behind it, is put in as it is.
    """
    share, z = successes / trials, float(ndtri((1 + level) / 2))
    scale = 1 + z**2 / trials
    centre = (share + z**2 / (2 * trials)) / scale
    half = z / scale * math.sqrt(max(share * (1 - share), 0.0) / trials + z**2 / (4 * trials**2))
    return Interval(max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted for their number, in the same order.

    Holm (1979), "A simple sequentially rejective multiple test procedure".
    """
    p = np.asarray(p_values, dtype=float)
    rising = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[rising] = np.minimum(1.0, np.maximum.accumulate(p[rising] * np.arange(len(p), 0, -1)))
    return [float(value) for value in adjusted]
