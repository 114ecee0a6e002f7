"""The holdout, predicted once by a candidate that was fitted on the development rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.data.arrays import Rows
from seedbed.data.table import Table
from seedbed.estimators.dependence import measure_dependence
from seedbed.estimators.factory import silence_warnings
from seedbed.execution.run import Task, fit, predict
from seedbed.records.records import Holdout
from seedbed.tracking.notices import say_if_slow

# Permutations of each column. Of a wide table only the columns that tell the classes apart best are measured, and each
# in fewer permutations: every one costs a prediction of the whole holdout, which takes longer the wider it is.
_REPEATS, _REPEATS_IF_WIDE, _MOST_COLUMNS = 30, 5, 30
_MOST_ROWS = 100_000  # that a model is asked about at once


@dataclass(frozen=True)
class HoldoutEvaluation:
    """What a candidate got right of the holdout, its estimator, and its predictions as CSV (row, truth, prediction)."""

    holdout: Holdout
    estimator: Any
    predictions: str

    def make_files(self, table: Table) -> dict[str, bytes]:
        """Return what a version keeps of this, by file name."""
        importance = json.dumps(_measure_importance(self.estimator, table))
        return {"holdout.csv": self.predictions.encode(), "importance.json": importance.encode()}


def evaluate_holdout(task: Task, table: Table) -> HoldoutEvaluation | None:
    """Fit a candidate on the development rows and predict the holdout; None if no rows are held out."""
    held = table.part(table.holdout)
    if not len(held.rows):
        return None
    estimator = fit(task, table.part(table.development)).estimator
    prediction, _ = predict(task.name, estimator, held.features, table.classes)
    rows = held.features.assign(row=held.rows, truth=held.labels, prediction=prediction)
    text = rows[["row", "truth", "prediction"]].to_csv(index=False, lineterminator="\n")
    return HoldoutEvaluation(Holdout(len(held.rows), int(np.sum(prediction == held.labels))), estimator, text)


def _measure_importance(estimator: Any, table: Table) -> list[dict[str, Any]]:
    """Return how much accuracy each column's permutation costs on the holdout, of the columns that tell most.

    Breiman (2001); the permutations are those of scikit-learn, which asks about each by itself.
    """
    features, labels = table.features.iloc[table.holdout], table.labels[table.holdout]
    say_if_slow(f"Measuring how much each of {min(features.shape[1], _MOST_COLUMNS)} columns matters on the holdout.")

    with silence_warnings(), np.errstate(all="ignore"):  # a constant column has no F
        learned = table.part(table.development)
        telling = measure_dependence(table.schema, learned.features, learned.labels)
        order = np.argsort(-np.nan_to_num(telling, nan=-1), kind="stable")
        permutations = _permute(len(labels), _REPEATS if len(order) <= _MOST_COLUMNS else _REPEATS_IF_WIDE)
        everywhere = np.mean(estimator.predict(features) == labels)
        importance = []
        for name in features.columns[np.sort(order[:_MOST_COLUMNS])]:
            costs = []
            for some in np.array_split(permutations, -(-permutations.size // _MOST_ROWS)):
                asked = features.iloc[np.tile(np.arange(len(labels)), len(some))].copy()
                asked[name] = features[name].to_numpy()[some.ravel()]
                right = estimator.predict(asked).reshape(some.shape) == labels
                costs += (everywhere - right.mean(axis=1)).tolist()
            importance.append({"name": str(name), "mean": float(np.mean(costs)), "std": float(np.std(costs))})
    return importance


def _permute(rows: int, times: int) -> Rows:
    """Return an array of shape (times, rows), each permutation of the one before."""
    draws = np.random.RandomState(np.random.RandomState(0).randint(np.iinfo(np.int32).max + 1))
    order, permuted = np.arange(rows), [np.arange(rows)]
    for _ in range(times):
        draws.shuffle(order)
        permuted.append(permuted[-1][order])
    return np.array(permuted[1:])
