"""The rows that a version was fitted on, and which of their columns tell the classes apart."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow.parquet import ParquetFile
from sklearn.feature_selection import f_classif

from serve.model.card import Card


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """The training rows of one version.

    `rows` has the card's columns in its order, `classes` one name a row, `telling` the columns from the one that
    tells the classes apart best to the one that does so least.
    """

    rows: pd.DataFrame
    classes: list[str]
    telling: list[str]

    def choose_typical(self, classes: Sequence[str]) -> dict[str, list[float]]:
        """Return one row of each of `classes` that has rows: the one nearest to the middle of its class."""
        rows = self.rows.astype(float)
        spread = rows.std().replace(0.0, 1.0).fillna(1.0)
        found = {}
        for name in classes:
            own = rows[np.array(self.classes) == name]
            if not own.empty:
                off = ((own - own.median()) / spread).pow(2).sum(axis=1)
                found[name] = [float(value) for value in own.iloc[int(off.argmin())]]
        return found


def read_training(folder: Path, card: Card) -> Training | None:
    """Return the training rows in a version's folder; None if it has none, or not the card's columns."""
    path = folder / "page" / "training.parquet"
    if not path.is_file():
        return None
    # Not by pandas, which imports as much again of Arrow for folders of many files.
    with ParquetFile(path) as file:
        table = file.read().to_pandas()
    if not {*card.columns, card.target} <= set(table.columns):
        return None
    rows, classes = table[card.columns], [str(name) for name in table[card.target]]
    return Training(rows=rows, classes=classes, telling=_rank_columns(rows, classes))


def _rank_columns(rows: pd.DataFrame, classes: list[str]) -> list[str]:
    """Order the columns by how far the means of the classes lie apart (the F of an analysis of variance)."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a constant column has no F
        scores = f_classif(rows, classes)[0] if len(set(classes)) > 1 else np.zeros(len(rows.columns))
    # A column that never varies comes last, one whose classes do not overlap at all first.
    scores = np.nan_to_num(np.asarray(scores, float), nan=-1.0, posinf=np.finfo(float).max)
    return [str(rows.columns[index]) for index in np.argsort(-scores, kind="stable")]
