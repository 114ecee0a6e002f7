"""The rows that a version was fitted on, and which of their columns tell the classes apart."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow.parquet import ParquetFile

from seedbed.columns.schema import read_frame
from seedbed.estimators.dependence import measure_dependence
from serve.model.card import Card, Cell


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """The training rows of one version.

    `rows` has the card's columns in its order, `classes` one name a row, `telling` the columns from the one that
    tells the classes apart best to the one that does so least.
    """

    rows: pd.DataFrame
    classes: list[str]
    telling: list[str]

    def choose_typical(self, classes: Sequence[str]) -> dict[str, list[Cell]]:
        """Return one row of each of `classes` that has rows: the one nearest to the middle of its class.

        A gap is as far off as one standard deviation, and so is what is not the class's most frequent value.
        """
        numbers = self.rows.select_dtypes("number").astype(float)
        spread = numbers.std().replace(0.0, 1.0).fillna(1.0)
        found = {}
        for name in classes:
            mine = np.array(self.classes) == name
            if mine.any():
                own, others = numbers[mine], self.rows[mine].drop(columns=numbers.columns)
                off = ((own - own.median()) / spread).pow(2).fillna(1.0).sum(axis=1)
                off += sum((values != values.mode().get(0)).astype(float) for _, values in others.items())
                typical = self.rows[mine].astype(object).iloc[int(off.argmin())]
                found[name] = [value if isinstance(value, str | None) else float(value) for value in typical]
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
    if not card.plain:
        rows, _ = read_frame(card.features, {name: list(rows[name]) for name in card.columns})
    return Training(rows=rows, classes=classes, telling=_rank_columns(card, rows, classes))


def _rank_columns(card: Card, rows: pd.DataFrame, classes: list[str]) -> list[str]:
    """Order the columns by how much they tell of the classes, as `measure_dependence` has it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a constant column has no F
        several = len(set(classes)) > 1
        scores = measure_dependence(card.features, rows, classes) if several else np.zeros(len(rows.columns))
    # A column that never varies comes last, one whose classes do not overlap at all first.
    scores = np.nan_to_num(np.asarray(scores, float), nan=-1.0, posinf=np.finfo(float).max)
    return [str(rows.columns[index]) for index in np.argsort(-scores, kind="stable")]
