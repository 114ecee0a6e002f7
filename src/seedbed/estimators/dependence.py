"""How much each column tells of the classes, to a version's card and to its page; it travels with an exported page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.feature_selection import f_classif
from sklearn.metrics import adjusted_mutual_info_score

from seedbed.columns.schema import Kind, Schema, is_plain


def measure_dependence(
    schema: Schema, features: pd.DataFrame, labels: npt.NDArray[np.object_] | Sequence[str]
) -> npt.NDArray[np.float64]:
    """Return how much each column tells of the classes, of shape (n_features,): the F of an analysis of variance.

    With gaps or categories: mutual information beyond chance (Vinh, Epps and Bailey, 2010), numbers in ten parts.
    """
    if is_plain(schema):
        return np.asarray(f_classif(features, labels)[0], float)
    numbers = (column.kind is Kind.NUMBER for column in schema)
    values = (features[column.name] for column in schema)
    cut = (pd.qcut(own, 10, duplicates="drop") if number else own for own, number in zip(values, numbers, strict=True))
    return np.array([adjusted_mutual_info_score(labels, pd.factorize(own)[0]) for own in cut])
