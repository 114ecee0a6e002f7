"""The training rows that lie nearest to what was typed: what decides if the estimator is KNN, else examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from seedbed.estimators.answers import list_steps
from serve.model.training import Training

_EXAMPLES = 5  # rows that are shown if the estimator does not go by neighbours
_SAMPLE = 2_000  # rows among which the usual distance is looked for; more would delay the start of the page


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighbors:
    """The nearest training rows of one typed row, nearest first."""

    rows: list[int]  # indices among the training rows
    distances: list[float]
    far: bool  # farther from its k-th neighbour than any training row, of many a sample, is from its own
    votes: Mapping[str, int] | None = None  # neighbours of each class, if each counts the same

    def count_votes(self, name: str) -> str:
        """Return how many neighbours are of a class, such as "3 of 5"; nothing if nearer ones count more."""
        return "" if self.votes is None else f"{self.votes[name]} of {sum(self.votes.values())}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighborhood:
    """The training rows, searched as the estimator does, or by distances in standard deviations if it does not."""

    estimator: Any  # what searches
    k: int
    decides: bool  # whether the neighbours are what the answer comes from
    counted: bool  # whether they decide, and each counts the same
    reach: float  # the largest distance of a training row, of many a sample, to its k-th neighbour

    def find(self, row: Any, probabilities: Mapping[str, float]) -> Neighbors:
        """Return the neighbours of one row, as the estimator takes it, with their votes by its `probabilities`."""
        knn, prepared = prepare(self.estimator, row)
        distances, rows = knn.kneighbors(prepared)
        return Neighbors(
            rows=rows[0].tolist(),
            distances=distances[0].tolist(),
            far=bool(distances[0][-1] > self.reach),
            votes={name: round(share * self.k) for name, share in probabilities.items()} if self.counted else None,
        )


def find_neighborhood(estimator: Any, training: Training | None, by_position: bool) -> Neighborhood | None:
    """Return the training rows for `estimator` to search; None if there are none, or KNN was fitted on others."""
    if training is None:
        return None
    knn = list_steps(estimator)[-1]
    rows = training.rows.to_numpy(float) if by_position else training.rows
    decides = isinstance(knn, KNeighborsClassifier)
    if not decides:
        knn = NearestNeighbors(n_neighbors=min(_EXAMPLES, len(rows)))
        estimator = make_pipeline(StandardScaler(), knn).fit(rows)
    elif len(rows) != knn.n_samples_fit_:
        return None
    return Neighborhood(
        estimator=estimator,
        k=int(knn.n_neighbors),
        decides=decides,
        counted=decides and knn.weights == "uniform",
        reach=_measure_reach(estimator, rows),
    )


def _measure_reach(estimator: Any, rows: Any) -> float:
    """Return how far the most remote training row is from its k-th neighbour but itself."""
    knn, prepared = prepare(estimator, rows[:: max(1, len(rows) // _SAMPLE)])
    others = min(knn.n_neighbors + 1, len(rows))  # the nearest one is the row itself
    distances, _ = knn.kneighbors(prepared, n_neighbors=others)
    return float(np.max(distances[:, -1]))


def prepare(estimator: Any, rows: Any) -> tuple[Any, Any]:
    """Return the last step of an estimator, and the rows as it sees them."""
    *before, last = list_steps(estimator)
    return last, estimator[:-1].transform(rows) if before else rows
