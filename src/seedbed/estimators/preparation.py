"""From a table's columns to the steps that make numbers of them, before a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from seedbed.columns.schema import Column, Kind, Schema
from seedbed.estimators.transformers import ExpandDates, FillEmpty, ReadColumns

MANY = 50  # categories, above which one is a number by the classes of its training rows
_RARE = 0.01  # of the training rows, below which categories are one
_FOLDS = 5  # of the training rows, on which such numbers are cross-fitted


def has_many(column: Column) -> bool:
    """Say whether a column's categories are encoded by the classes that go with them."""
    return column.kind is Kind.CATEGORY and len(column.categories) > MANY


def find_categories(schema: Schema) -> list[str]:
    """Return the columns whose categories are told apart as they are."""
    return [one.name for one in schema if one.kind in (Kind.CATEGORY, Kind.BOOLEAN) and not has_many(one)]


def make_preparation(
    schema: Schema, scaled: bool, random_state: int | None = None, rarest: int = _FOLDS, grouped: bool = False
) -> list[tuple[str, Any]]:
    """Return the named steps before a classifier, unfitted.

    Parameters
    ----------
    scaled : for a classifier that goes by distances or sizes: gaps are the median and say that they are gaps, each
        category is a column, and all are standardized. Else for one that takes gaps: categories are codes, the first
        columns, and a gap and what the training rows do not have are NaN.
    rarest : the training rows of the rarest class; as many folds are cross-fitted, at least 2 and at most 5.
    grouped : whether `fit` is given groups, whose rows are in one fold.
    """
    numbers, dates = ([one.name for one in schema if one.kind is kind] for kind in (Kind.NUMBER, Kind.DATE))
    folds = StratifiedGroupKFold if grouped else StratifiedKFold
    target = TargetEncoder(cv=folds(min(_FOLDS, max(2, rarest)), shuffle=True, random_state=random_state))
    parts: list[tuple[str, Any, Sequence[str]]]
    if scaled:
        median = SimpleImputer(strategy="median", keep_empty_features=True)
        one_hot = OneHotEncoder(min_frequency=_RARE, handle_unknown="infrequent_if_exist", sparse_output=False)
        marked = SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=True)
        parts = [
            ("categories", one_hot, find_categories(schema)),
            ("numbers", marked, numbers),
            ("dates", make_pipeline(ExpandDates(), median), dates),
            ("gaps", MissingIndicator(missing_values=None, error_on_new=False), dates),
        ]
    else:
        # To the encoder None would be one more category.
        gaps = SimpleImputer(missing_values=None, strategy="constant", fill_value=np.nan, keep_empty_features=True)
        codes = make_pipeline(gaps, OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan))
        parts = [
            ("categories", codes, find_categories(schema)),
            ("numbers", "passthrough", numbers),
            ("dates", ExpandDates(), dates),
        ]
    parts.append(("many", target, [column.name for column in schema if has_many(column)]))
    columns = ColumnTransformer([part for part in parts if part[2]], sparse_threshold=0)
    steps = [("read", ReadColumns.of(schema)), ("columns", columns)]
    return [*steps, ("standardize", StandardScaler()) if scaled else ("fill", FillEmpty())]
