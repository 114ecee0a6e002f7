"""What a comparison shows beside the leaderboard: seeds that stand apart, and rows that are hard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from seedbed.data.arrays import Floats
from seedbed.metrics.names import is_baseline
from seedbed.selection.inference import TIED
from seedbed.selection.scores import LEAST_SEEDS

_FARTHEST = 3.5  # modified z score


@dataclass(frozen=True, kw_only=True)
class HardRow:
    """A row of the table, by its index from 0, that the chosen candidate got wrong.

    Attributes
    ----------
    taken : the class that was most often predicted for it in error.
    wrong, tests : of the chosen candidate.
    others : share of all candidates' tests of this row that are wrong.
    """

    row: int
    truth: str
    taken: str
    wrong: int
    tests: int
    others: float


@dataclass(frozen=True, kw_only=True)
class HardRows:
    """The hardest rows, the most often wrong first; `wrong` counts all that were wrong at least once, of `tested`."""

    rows: tuple[HardRow, ...]
    wrong: int
    tested: int


def find_hard_rows(predictions: pd.DataFrame, candidate: str, most: int = 15) -> HardRows:
    """Return the rows most often wrong; predictions: a sweep's, with columns candidate, row, truth, prediction."""
    tests = predictions[~predictions["candidate"].map(is_baseline)].astype({"truth": str, "prediction": str})
    tests = tests.assign(wrong=tests["truth"] != tests["prediction"])
    own = tests[tests["candidate"] == candidate]
    every = own.groupby("row").agg(truth=("truth", "first"), wrong=("wrong", "sum"), tests=("wrong", "size"))
    # Of the classes predicted most often in error the first by name.
    taken = own[own["wrong"]].groupby("row")["prediction"].agg(lambda names: names.mode().iloc[0])
    others = tests.groupby("row")["wrong"].mean()
    table = every[every["wrong"] > 0].join(taken.rename("taken")).join(others.rename("others"))
    table["share"] = table["wrong"] / table["tests"]
    first = table.reset_index().sort_values(["wrong", "share", "others", "row"], ascending=[False, False, False, True])
    records: list[dict[str, Any]] = first.drop(columns="share").head(most).to_dict("records")  # type: ignore[assignment]
    return HardRows(rows=tuple(HardRow(**record) for record in records), wrong=len(table), tested=len(every))


def find_outlying_seeds(seeds: tuple[int, ...], scores: Floats) -> tuple[int, ...]:
    """Return the seeds whose mean over all candidates stands apart: bad splits rather than bad candidates.

    Iglewicz & Hoaglin (1993), "How to detect and handle outliers": a modified z score above 3.5. If half of the means
    are equal the mean absolute deviation takes the place of the median one, as they advise. `scores` is of shape
    (n_seeds, n_candidates).
    """
    if len(seeds) < LEAST_SEEDS:
        return ()
    away = np.abs(scores.mean(axis=1) - np.median(scores.mean(axis=1)))
    spread = float(np.median(away)) / 0.6745 or float(away.mean()) * 1.2533
    if spread <= TIED:
        return ()
    return tuple(seed for seed, distance in zip(seeds, away, strict=True) if distance / spread > _FARTHEST)
