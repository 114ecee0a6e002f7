"""What a table looks like before anything is fitted: classes, columns, equal rows, values far out, correlations."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seedbed.columns.schema import Kind, Schema, count_days, parse_dates
from seedbed.data.arrays import Codes, Floats

WHISKER = 1.5  # interquartile ranges; the fences of Tukey (1977), "Exploratory data analysis", as box plots have them


@dataclass(frozen=True, kw_only=True)
class Column:
    """One feature: how many values are missing, how many differ, and how many lie outside their class's whiskers.

    Of a column that is not of numbers none has a place: `low` and `high` are NaN, `outside` is 0.
    """

    name: str
    missing: int
    distinct: int
    low: float  # of the finite values; NaN if there are none
    high: float
    outside: int

    @property
    def constant(self) -> bool:
        """Whether all its values are the same."""
        return self.distinct < 2


@dataclass(frozen=True, kw_only=True)
class Outlier:
    """A value outside the whiskers of its class.

    Attributes
    ----------
    row : index in the table as read, from 0.
    away : how far beyond the nearer quartile of its class, in interquartile ranges; above 1.5.
    """

    row: int
    column: str
    code: int
    value: float
    away: float


@dataclass(frozen=True)
class EqualRows:
    """Rows whose features are all equal, as indices in the table from 0: groups of one class, and of more than one.

    No classifier gets all of a conflicting group right.
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


def describe_columns(features: pd.DataFrame, codes: Codes) -> list[Column]:
    """Describe each column of a table of shape (n_rows, n_features)."""
    return [_describe_column(str(name), column, codes) for name, column in features.items()]


def find_nominal(schema: Schema) -> list[int]:
    """Return the indices of the columns whose values have no order."""
    return [at for at, column in enumerate(schema) if column.kind in (Kind.CATEGORY, Kind.BOOLEAN)]


def encode_features(features: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return a number for each cell: itself, the index among its column's categories, or days since 1970; gaps NaN."""
    encoded = {}
    for column in schema:
        cells = features[column.name]
        if column.kind is Kind.DATE:
            cells = pd.Series(count_days(parse_dates(cells)), index=features.index)
        elif column.kind is not Kind.NUMBER:
            codes = pd.Index(column.categories, dtype=object).get_indexer(pd.Index(cells))
            cells = pd.Series(np.where(codes < 0, np.nan, codes), index=features.index)
        encoded[column.name] = cells.astype(np.float64)
    return pd.DataFrame(encoded, index=features.index)


def fill_gaps(encoded: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return the same with the median in place of a gap, where values have an order, and else one category more."""
    fill = encoded.median().fillna(0.0)
    fill.iloc[find_nominal(schema)] = [float(len(schema[at].categories)) for at in find_nominal(schema)]
    return encoded.fillna(fill)


def find_outliers(features: pd.DataFrame, codes: Codes) -> list[Outlier]:
    """Return the values outside their class's whiskers, the farthest first.

    If the quartiles of a class are one value there is no range to measure by, and none is listed.

    Parameters
    ----------
    features : table of numbers of shape (n_rows, n_features).
    codes : array of shape (n_rows,), the class of each row as a whole number from 0.
    """
    found = []
    for name, values in _iterate_columns(features):
        away = _measure_distances(values, codes)
        found += [
            Outlier(row=int(row), column=str(name), code=int(codes[row]), value=values[row], away=away[row])
            for row in np.flatnonzero((away > WHISKER) & np.isfinite(away))
        ]
    return sorted(found, key=lambda outlier: -outlier.away)


def find_equal_rows(features: pd.DataFrame, codes: Codes) -> EqualRows:
    """Return the groups of rows whose features are all equal, in the order of the table; missing equals missing."""
    groups = features.reset_index(drop=True).groupby(list(features.columns), dropna=False, sort=False).indices
    alike = sorted(tuple(sorted(map(int, rows))) for rows in groups.values() if len(rows) > 1)
    mixed = [bool(np.ptp(codes[list(rows)])) for rows in alike]
    return EqualRows(
        same=tuple(rows for rows, own in zip(alike, mixed, strict=True) if not own),
        conflicting=tuple(itertools.compress(alike, mixed)),
    )


def correlate_features(features: pd.DataFrame, codes: Codes) -> Correlations:
    """Return the correlations of finite columns; see `Correlations`."""
    values = features.to_numpy(dtype=np.float64)
    centred = features.astype(np.float64) - features.astype(np.float64).groupby(codes).transform("mean")
    names = tuple(map(str, features.columns))
    return Correlations(names, _correlate(values - values.mean(axis=0), values), _correlate(centred.to_numpy(), values))


def _correlate(centred: Floats, values: Floats) -> Floats:
    """Return the correlations of centred columns; what rounding leaves of a constant does not count as spread."""
    # By the largest value first, so that no square overflows.
    largest = np.maximum(np.abs(values).max(axis=0), np.finfo(float).tiny)
    scaled = centred / largest
    lengths = np.sqrt((scaled**2).sum(axis=0))
    lengths[lengths <= 1e-12 * np.sqrt(((values / largest) ** 2).sum(axis=0))] = np.nan
    unit = scaled / lengths
    found: Floats = np.clip(unit.T @ unit, -1.0, 1.0)
    return found


def _iterate_columns(features: pd.DataFrame) -> Iterator[tuple[str, Floats]]:
    for name, column in features.items():
        yield str(name), column.to_numpy(dtype=np.float64, na_value=np.nan)


def _describe_column(name: str, column: pd.Series, codes: Codes) -> Column:
    if column.dtype == object:
        missing, distinct = int(column.isna().sum()), column.nunique()
        return Column(name=name, missing=missing, distinct=distinct, low=np.nan, high=np.nan, outside=0)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    finite = values[np.isfinite(values)]
    return Column(
        name=name,
        missing=len(values) - len(finite),
        distinct=len(np.unique(finite)),
        low=float(finite.min()) if finite.size else np.nan,
        high=float(finite.max()) if finite.size else np.nan,
        outside=int((_measure_distances(values, codes) > WHISKER).sum()),
    )


def _measure_distances(values: Floats, codes: Codes) -> Floats:
    """Return how far each value lies beyond its class's nearer quartile, in interquartile ranges, 0 between both."""
    away = np.zeros(len(values))
    for code in np.unique(codes[np.isfinite(values)]):
        rows = np.flatnonzero((codes == code) & np.isfinite(values))
        first, third = np.percentile(values[rows], [25, 75])
        beyond = np.maximum(first - values[rows], values[rows] - third)
        with np.errstate(divide="ignore", over="ignore"):
            away[rows] = np.divide(beyond, third - first, out=np.zeros(len(rows)), where=beyond > 0)
    return away
