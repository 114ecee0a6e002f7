"""The holdout, predicted once by a candidate that was fitted on the development rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.inspection import permutation_importance

from seedbed.data.table import Table
from seedbed.estimators.factory import silence_warnings
from seedbed.execution.run import Task, fit, predict
from seedbed.notices import say_if_slow
from seedbed.records.records import Holdout

_REPEATS = 30  # permutations of each column


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
    """Return how much accuracy each column's permutation costs on the holdout.

    Breiman (2001), as scikit-learn's permutation_importance computes it.
    """
    features, labels = table.features.iloc[table.holdout], table.labels[table.holdout]
    say_if_slow(f"Measuring how much each of {features.shape[1]} columns matters on the holdout.")
    with silence_warnings():
        found = permutation_importance(estimator, features, labels, n_repeats=_REPEATS, random_state=0)
    columns = zip(map(str, features.columns), found.importances_mean, found.importances_std, strict=True)
    return [{"name": name, "mean": float(mean), "std": float(std)} for name, mean, std in columns]
