"""The training rows that lie nearest to what was typed, where the estimator goes by neighbours."""

from __future__ import annotations

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

    places: list[int]  # among the training rows
    distances: list[float]
    far: bool  # farther from its k-th neighbour than any training row is from its own


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighborhood:
    """The training rows that the estimator looks at."""

    estimator: Any
    training: Training
    k: int
    weighted: bool  # nearer ones count more
    reach: float  # the largest distance of a training row to its k-th neighbour

    def nearest(self, row: Any) -> Neighbors:
        """Return the neighbours of one row, as the estimator takes it."""
        knn, prepared = _prepared(self.estimator, row)
        distances, places = knn.kneighbors(prepared)
        return Neighbors(
            places=[int(place) for place in places[0]],
            distances=[float(distance) for distance in distances[0]],
            far=bool(distances[0][-1] > self.reach),
        )


def neighborhood_of(estimator: Any, training: Training | None, by_place: bool) -> Neighborhood | None:
    """Return the training rows behind `estimator`; None where it has none, or where `training` is not its own.

    Parameters
    ----------
    by_place : whether the estimator takes plain rows, not a frame.
    """
    knn = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(knn, KNeighborsClassifier) or training is None:
        return None
    if len(training.rows) != knn.n_samples_fit_:
        return None
    return Neighborhood(
        estimator=estimator,
        training=training,
        k=int(knn.n_neighbors),
        weighted=knn.weights != "uniform",
        reach=_reach(estimator, training.rows.to_numpy(float) if by_place else training.rows),
    )


def _reach(estimator: Any, rows: Any) -> float:
    """Return how far the most remote training row is from its k-th neighbour but itself."""
    some = rows[:: max(1, len(rows) // _SAMPLE)]
    knn, prepared = _prepared(estimator, some)
    others = min(knn.n_neighbors + 1, len(rows))  # the nearest one is the row itself
    distances, _ = knn.kneighbors(prepared, n_neighbors=others)
    return float(np.max(distances[:, -1]))


def _prepared(estimator: Any, rows: Any) -> tuple[KNeighborsClassifier, Any]:
    """Return the classifier, and the rows as it sees them."""
    if not isinstance(estimator, Pipeline):
        return estimator, rows
    return estimator.steps[-1][1], estimator[:-1].transform(rows) if len(estimator.steps) > 1 else rows
