"""What scikit-learn's own transformers lack: cells of any kind read by a table's columns, and dates as numbers.

It travels with a stored model and with an exported page: with what it imports of seedbed, and with nothing but numpy,
pandas and scikit-learn beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from seedbed.columns.cells import Unreadable
from seedbed.columns.schema import Column, Kind, Schema, count_days, parse_dates, read_frame


class ReadColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Bring rows into the form that a table has, so that the steps after this one find what they were fitted on.

    Columns may come in any order, beside others, or not at all, which is a gap in every row.

    Parameters
    ----------
    columns : name, kind and, of a boolean one, both words of each column: plain values, which a stored model can hold.
    """

    def __init__(self, columns: Sequence[tuple[str, str, tuple[str, ...]]]) -> None:
        self.columns = columns

    @classmethod
    def of(cls, schema: Schema) -> ReadColumns:
        """Return what reads the columns of a schema."""
        words = {column.name: column.categories if column.kind is Kind.BOOLEAN else () for column in schema}
        return cls([(column.name, str(column.kind), words[column.name]) for column in schema])

    def fit(self, X: Any, y: Any = None) -> ReadColumns:
        """Learn nothing of the rows."""
        self.feature_names_in_ = np.array([name for name, *_ in self.columns], dtype=object)
        self.n_features_in_ = len(self.columns)
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Return a frame with these columns, in order; an array's are taken to be in order.

        Raises
        ------
        Unreadable : a cell is not of its column's kind.
        """
        schema = tuple(Column(name=name, kind=Kind(kind), categories=tuple(own)) for name, kind, own in self.columns)
        given = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X), columns=[one.name for one in schema])
        gaps = [None] * len(given)
        cells = {one.name: given[one.name].to_numpy() if one.name in given.columns else gaps for one in schema}
        frame, troubles = read_frame(schema, cells)  # type: ignore[arg-type]
        for row, found in troubles.items():
            for name, trouble in found.items():
                raise Unreadable(f"{name} of row {row + 1} {trouble}")
        return frame.set_axis(given.index)


class ExpandDates(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Make year, month, weekday, day of the year and days since the first of each column of dates, text in ISO 8601.

    The first date is that of the training rows. A gap is NaN in each of them.
    """

    def fit(self, X: Any, y: Any = None) -> ExpandDates:
        """Learn the first date of each column, in days since 1970; NaN for one that has none."""
        self.first_ = np.fmin.reduce(count_days(parse_dates(X)), axis=0)
        self.n_features_in_ = len(self.first_)
        return self

    def transform(self, X: Any) -> npt.NDArray[np.float64]:
        """Return an array of shape (n_rows, 5 n_columns), the parts of a column beside each other."""
        dates = parse_dates(X)
        days, months, years = (dates.astype(f"datetime64[{unit}]") for unit in "DMY")
        since = count_days(dates)
        gap = np.isnat(dates)
        parts = [
            years.astype(np.int64) + 1970,
            months.astype(np.int64) % 12 + 1,
            (days.astype(np.int64) + 3) % 7,  # 1970 began on a Thursday; Monday is 0
            (days - years.astype("datetime64[D]")).astype(np.int64) + 1,
            since - self.first_,
        ]
        return np.stack([np.where(gap, np.nan, part) for part in parts], axis=2).reshape(len(dates), -1)


class FillEmpty(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Make a column that had no number among the training rows 0 throughout; other gaps stay gaps."""

    def fit(self, X: npt.NDArray[np.float64], y: Any = None) -> FillEmpty:
        """Learn which columns those are, of an array of shape (n_rows, n_columns)."""
        self.empty_ = np.isnan(X).all(axis=0)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return an array of the same shape."""
        return np.where(self.empty_, 0.0, X)
