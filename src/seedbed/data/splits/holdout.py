"""The rows that are set aside before any split, and that no choice touches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from seedbed.data.arrays import Floats, Labels, Rows
from seedbed.data.splits.random import check_sizes, split_rows


def encode_rows(features: pd.DataFrame) -> Floats:
    """Return an array of shape (n_rows, n_features) whose rows are equal where values and gaps coincide.

    A column of numbers without a gap is as it is, of any other each different cell is a number.
    """
    if (features.dtypes == np.float64).all() and not np.isnan(values := features.to_numpy()).any():
        return values
    columns = [features.iloc[:, index] for index in range(features.shape[1])]
    plain = [column.dtype.kind == "f" and not column.hasnans for column in columns]
    encoded = [column if own else pd.factorize(column)[0] for column, own in zip(columns, plain, strict=True)]
    return np.column_stack(encoded).astype(np.float64)


def draw_holdout(features: Floats, labels: Labels, *, share: float, seed: int, groups: Labels | None = None) -> Rows:
    """Return the held-out rows in rising order: a stratified draw that keeps equal rows together.

    Parameters
    ----------
    features : array of shape (n_rows, n_features), as `encode_rows` gives it.
    labels : array of shape (n_rows,).
    share : of all rows, 0 for none; of all groups if there are some.
    groups : array of shape (n_rows,); if given, its equal ones are kept together in place of equal rows, and each is
        drawn by its most frequent class.
    """
    if share == 0:
        return np.empty(0, dtype=np.intp)
    names, codes = np.unique(labels, return_inverse=True)
    if groups is None:
        rows = np.column_stack([features, codes])
        _, first, unit = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    else:
        _, first, unit = np.unique(groups, return_index=True, return_inverse=True)
    # Units in the table's own order, so that the draw does not depend on the order of the values.
    unit_of = np.searchsorted(np.sort(first), first[unit.ravel()])
    counts = np.zeros((len(first), len(names)), dtype=np.intp)
    np.add.at(counts, (unit_of, codes), 1)
    most_frequent: Labels = names[counts.argmax(axis=1)]
    check_sizes(most_frequent, share, True, "dataset.holdout", "distinct row" if groups is None else "group")
    _, drawn = split_rows(most_frequent, seed=seed, test_size=share, stratify=True)
    return np.flatnonzero(np.isin(unit_of, drawn))
