"""What a table looks like before anything is fitted: classes, columns, equal rows, values far out, correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seedbed.data.arrays import Codes, Floats

WHISKER = 1.5  # interquartile ranges; the fences of Tukey (1977), "Exploratory data analysis", as box plots have them


@dataclass(frozen=True, kw_only=True)
class Column:
    """One feature: how many values are missing, how many differ, and how many lie outside their class's whiskers."""

    name: str
    missing: int
    distinct: int
    low: float  # of the finite values; NaN where there is none
    high: float
    outside: int

    @property
    def constant(self) -> bool:
        """Whether it tells no row from another."""
        return self.distinct < 2


@dataclass(frozen=True, kw_only=True)
class Outlier:
    """A value outside the whiskers of its class.

    Attributes
    ----------
    row : place in the table as read, from 0.
    away : how far beyond the nearer quartile of its class, in interquartile ranges; above 1.5.
    """

    row: int
    column: str
    code: int
    value: float
    away: float


@dataclass(frozen=True)
class EqualRows:
    """Rows that no feature tells apart, as places in the table from 0.

    Attributes
    ----------
    same : groups of rows of one class.
    conflicting : groups of rows of more than one class; no classifier gets all of such a group right.
    """

    same: tuple[tuple[int, ...], ...]
    conflicting: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Correlations:
    """Pearson's correlations of features, arrays of shape (n_features, n_features); NaN where a column is constant.

    Attributes
    ----------
    over_all : over all rows.
    within : within the classes: of the distances from the class's mean, so that no difference between classes counts.
    """

    names: tuple[str, ...]
    over_all: Floats
    within: Floats


def columns_of(features: pd.DataFrame, codes: Codes) -> list[Column]:
    """Describe each column of a table of numbers of shape (n_rows, n_features)."""
    return [_column(str(name), _numbers(features, place), codes) for place, name in enumerate(features)]


def outliers_of(features: pd.DataFrame, codes: Codes) -> list[Outlier]:
    """Return the values outside their class's whiskers, the farthest first.

    Where a quarter to three quarters of a class are one value there is no range to measure by, and none is listed.

    Parameters
    ----------
    features : table of numbers of shape (n_rows, n_features).
    codes : array of shape (n_rows,), the class of each row as a whole number from 0.
    """
    found = []
    for place, name in enumerate(features):
        values = _numbers(features, place)
        away = _away(values, codes)
        rows = np.flatnonzero((away > WHISKER) & np.isfinite(away))
        found += [
            Outlier(row=int(row), column=str(name), code=int(codes[row]), value=values[row], away=away[row])
            for row in rows
        ]
    return sorted(found, key=lambda one: -one.away)


def equal_rows(features: pd.DataFrame, codes: Codes) -> EqualRows:
    """Return the groups of rows whose features are all equal, in the order of the table; missing equals missing."""
    groups = features.reset_index(drop=True).groupby(list(features.columns), dropna=False, sort=False).indices
    alike = sorted(tuple(sorted(map(int, rows))) for rows in groups.values() if len(rows) > 1)
    several = [len(set(codes[list(rows)].tolist())) > 1 for rows in alike]
    return EqualRows(
        same=tuple(rows for rows, mixed in zip(alike, several, strict=True) if not mixed),
        conflicting=tuple(rows for rows, mixed in zip(alike, several, strict=True) if mixed),
    )


def correlations_of(features: pd.DataFrame, codes: Codes, names: Sequence[str]) -> Correlations:
    """Return the correlations of finite columns; see `Correlations`.

    Parameters
    ----------
    names : what the features are called, as many as there are columns.
    """
    values = features.to_numpy(dtype=np.float64)
    means = np.array([values[codes == code].mean(axis=0) for code in np.unique(codes)])
    centred = values - means[np.unique(codes, return_inverse=True)[1].ravel()]
    return Correlations(tuple(names), _pearson(values - values.mean(axis=0), values), _pearson(centred, values))


def _pearson(centred: Floats, values: Floats) -> Floats:
    """Return the correlations of centred columns; what is left of a constant by rounding is no spread."""
    # By the largest value first, so that no square overflows.
    largest = np.maximum(np.abs(values).max(axis=0), np.finfo(float).tiny)
    scaled = centred / largest
    lengths = np.sqrt((scaled**2).sum(axis=0))
    lengths[lengths <= 1e-12 * np.sqrt(((values / largest) ** 2).sum(axis=0))] = np.nan
    unit = scaled / lengths
    found: Floats = np.clip(unit.T @ unit, -1.0, 1.0)
    return found


def _numbers(features: pd.DataFrame, place: int) -> Floats:
    return np.asarray(features.iloc[:, place].to_numpy(dtype=np.float64, na_value=np.nan))


def _column(name: str, values: Floats, codes: Codes) -> Column:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)
    return Column(
        name=name,
        missing=len(values) - len(finite),
        distinct=len(np.unique(finite)),
        low=low,
        high=high,
        outside=int((_away(values, codes) > WHISKER).sum()),
    )


def _away(values: Floats, codes: Codes) -> Floats:
    """Return how far each value lies beyond its class's nearer quartile, in interquartile ranges, 0 between both."""
    away = np.zeros(len(values))
    for code in np.unique(codes):
        rows = np.flatnonzero((codes == code) & np.isfinite(values))
        if rows.size:
            first, third = np.percentile(values[rows], [25, 75])
            beyond = np.maximum(first - values[rows], values[rows] - third)
            with np.errstate(divide="ignore", over="ignore"):
                away[rows] = np.divide(beyond, third - first, out=np.zeros(len(rows)), where=beyond > 0)
    return away
