"""From a config to scikit-learn's estimator."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.neighbors import VALID_METRICS, KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from seedbed.config.schema import Estimator, Preprocess
from seedbed.data.arrays import Floats, Labels
from seedbed.errors import BadInput, BadValue

# What scikit-learn takes by name alone; the others need distances, a function, or a matrix besides.
METRICS = sorted(set().union(*VALID_METRICS.values()) - {"precomputed", "pyfunc", "mahalanobis", "seuclidean"})


class TooManyNeighbors(BadInput):
    """More neighbours are asked for than there are training rows."""

    def __init__(self, n_neighbors: int, training_rows: int) -> None:
        super().__init__(
            f"estimator.n_neighbors={n_neighbors} is more than the {training_rows} training rows; "
            f"choose 1 to {training_rows}."
        )
        self.n_neighbors, self.training_rows = n_neighbors, training_rows


def check_estimator(estimator: Estimator, training_rows: int) -> None:
    """Refuse what is known before any fitting.

    Raises
    ------
    TooManyNeighbors : more neighbours than training rows.
    BadValue : a metric that scikit-learn's KNN does not have, or one without the power that it needs.
    """
    if estimator.metric not in METRICS:
        raise BadValue("estimator.metric", estimator.metric, "one of " + ", ".join(METRICS))
    if estimator.metric == "minkowski" and estimator.p is None:
        raise BadValue("estimator.p", "null", "a number above 0 with estimator.metric=minkowski")
    if estimator.n_neighbors > training_rows:
        raise TooManyNeighbors(estimator.n_neighbors, training_rows)


def check_effect(estimators: Collection[Estimator]) -> None:
    """Refuse a power of distances that none of these would use; the default one is not typed."""
    powers = [estimator.p for estimator in estimators if estimator.p not in (None, Estimator.p)]
    if powers and all(estimator.metric != "minkowski" for estimator in estimators):
        raise BadInput(f"estimator.p={powers[0]:g} has an effect only with estimator.metric=minkowski; leave it out.")


def build_estimator(estimator: Estimator, preprocess: Preprocess) -> ClassifierMixin:
    """Return the unfitted classifier; with a step before it, a Pipeline of both."""
    classifier = KNeighborsClassifier(**{key: value for key, value in vars(estimator).items() if key != "name"})
    if preprocess.name == "none":
        return classifier
    return Pipeline([("standardize", StandardScaler()), ("classify", classifier)])


@contextmanager
def silence_warnings() -> Iterator[None]:
    """Silence scikit-learn's UserWarnings, such as that p below 1 is slow, which each run would repeat."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"sklearn\.")
        yield


def classify(classifier: Any, features: pd.DataFrame) -> tuple[Labels, Floats]:
    """Return what a fitted classifier predicts, of shape (n_rows,), and its probabilities, in its own class order.

    With uniform weights probabilities are counts of neighbours over k, so that the prediction, the first of the most
    frequent classes, is the first greatest probability, and one search for neighbours gives both.
    """
    last = classifier[-1] if isinstance(classifier, Pipeline) else classifier
    with silence_warnings():
        probabilities = classifier.predict_proba(features)
        if last.weights == "uniform":
            return classifier.classes_[probabilities.argmax(axis=1)], probabilities
        return classifier.predict(features), probabilities
