"""The holdout, predicted once by a candidate that was fitted on the development rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.inspection import permutation_importance

from seedbed.data.table import Table
from seedbed.estimators.factory import unwarned
from seedbed.execution.run import Task, fit, predict
from seedbed.records.records import Holdout

_REPEATS = 30  # permutations of each column


@dataclass(frozen=True)
class Held:
    """What a candidate got right of the holdout, its estimator, and its predictions as CSV (row, truth, prediction)."""

    holdout: Holdout
    estimator: Any
    predictions: str

    @classmethod
    def by(cls, task: Task, table: Table) -> Held | None:
        """Fit and predict; None where no rows are held out."""
        held = table.part(table.holdout)
        if not len(held.rows):
            return None
        estimator = fit(task, table.part(table.development)).estimator
        prediction, _ = predict(task.name, estimator, held.features, table.classes)
        told = held.features.assign(row=held.rows, truth=held.labels, prediction=prediction)
        text: str = told[["row", "truth", "prediction"]].to_csv(index=False, lineterminator="\n")
        return cls(Holdout(len(held.rows), int(np.sum(prediction == held.labels))), estimator, text)

    def files(self, table: Table) -> dict[str, bytes]:
        """Return what a version keeps of this, by file name."""
        return {"holdout.csv": self.predictions.encode(), "importance.json": self.importance(table).encode()}

    def importance(self, table: Table) -> str:
        """Return, as JSON, how much accuracy each column's permutation costs on the holdout.

        Breiman (2001), as scikit-learn's permutation_importance computes it.
        """
        features, labels = table.features.iloc[table.holdout], table.labels[table.holdout]
        with unwarned():
            found = permutation_importance(self.estimator, features, labels, n_repeats=_REPEATS, random_state=0)
        columns = zip(map(str, features.columns), found.importances_mean, found.importances_std, strict=True)
        return json.dumps([{"name": name, "mean": float(mean), "std": float(std)} for name, mean, std in columns])
