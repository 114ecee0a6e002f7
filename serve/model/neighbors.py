"""The training rows that lie nearest to what was typed, if the estimator goes by neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from serve.model.training import Training

_SAMPLE = 2_000  # rows among which the usual distance is looked for; more would delay the start of the page


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighbors:
    """The nearest training rows of one typed row, nearest first."""

    rows: list[int]  # indices among the training rows
    distances: list[float]
    far: bool  # farther from its k-th neighbour than any training row is from its own
    votes: Mapping[str, int] | None = None  # neighbours of each class, if each counts the same

    def count_votes(self, name: str) -> str:
        """Return how many neighbours are of a class, such as "3 of 5"; nothing if nearer ones count more."""
        return "" if self.votes is None else f"{self.votes[name]} of {sum(self.votes.values())}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighborhood:
    """The training rows that the estimator looks at."""

    estimator: Any
    k: int
    weighted: bool  # nearer ones count more
    reach: float  # the largest distance of a training row to its k-th neighbour

    def find(self, row: Any, probabilities: Mapping[str, float]) -> Neighbors:
        """Return the neighbours of one row, as the estimator takes it, with their votes by its `probabilities`."""
        knn, prepared = _prepare(self.estimator, row)
        distances, rows = knn.kneighbors(prepared)
        return Neighbors(
            rows=rows[0].tolist(),
            distances=distances[0].tolist(),
            far=bool(distances[0][-1] > self.reach),
            votes=None if self.weighted else {name: round(share * self.k) for name, share in probabilities.items()},
        )


def find_neighborhood(estimator: Any, training: Training | None, by_position: bool) -> Neighborhood | None:
    """Return the training rows behind `estimator`; None if it has none, or if `training` is not its own."""
    knn = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(knn, KNeighborsClassifier) or training is None or len(training.rows) != knn.n_samples_fit_:
        return None
    rows = training.rows.to_numpy(float) if by_position else training.rows
    return Neighborhood(
        estimator=estimator,
        k=int(knn.n_neighbors),
        weighted=knn.weights != "uniform",
        reach=_measure_reach(estimator, rows),
    )


def _measure_reach(estimator: Any, rows: Any) -> float:
    """Return how far the most remote training row is from its k-th neighbour but itself."""
    knn, prepared = _prepare(estimator, rows[:: max(1, len(rows) // _SAMPLE)])
    others = min(knn.n_neighbors + 1, len(rows))  # the nearest one is the row itself
    distances, _ = knn.kneighbors(prepared, n_neighbors=others)
    return float(np.max(distances[:, -1]))


def _prepare(estimator: Any, rows: Any) -> tuple[KNeighborsClassifier, Any]:
    """Return the classifier, and the rows as it sees them."""
    if not isinstance(estimator, Pipeline):
        return estimator, rows
    return estimator.steps[-1][1], estimator[:-1].transform(rows) if len(estimator.steps) > 1 else rows
