"""From a config to scikit-learn's estimator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from seedbed.config.schema import Estimator, Preprocess
from seedbed.errors import BadValue
from seedbed.estimators.factory import METRICS, TooManyNeighbors, build_estimator, check_estimator, classify


def test_the_defaults_are_those_of_scikit_learn() -> None:
    assert build_estimator(Estimator(), Preprocess()).get_params() == KNeighborsClassifier().get_params()


def test_every_key_reaches_the_estimator() -> None:
    typed = Estimator(n_neighbors=7, weights="distance", metric="manhattan", p=None, algorithm="brute")
    made = build_estimator(typed, Preprocess()).get_params()
    assert {key: made[key] for key in ("n_neighbors", "weights", "metric", "p", "algorithm")} == {
        "n_neighbors": 7,
        "weights": "distance",
        "metric": "manhattan",
        "p": None,
        "algorithm": "brute",
    }


def test_standardizing_stands_before_it() -> None:
    made = build_estimator(Estimator(n_neighbors=3), Preprocess("standardize"))
    assert isinstance(made, Pipeline)
    assert [type(step) for _, step in made.steps] == [StandardScaler, KNeighborsClassifier]


@pytest.mark.parametrize(("n_neighbors", "rows"), [(97, 96), (2, 1)])
def test_more_neighbours_than_training_rows(n_neighbors: int, rows: int) -> None:
    with pytest.raises(TooManyNeighbors) as raised:
        check_estimator(Estimator(n_neighbors=n_neighbors), rows)
    error = raised.value
    assert (error.n_neighbors, error.training_rows) == (n_neighbors, rows)
    assert str(error) == (
        f"estimator.n_neighbors={n_neighbors} is more than the {rows} training rows; choose 1 to {rows}."
    )


def test_as_many_neighbours_as_training_rows() -> None:
    check_estimator(Estimator(n_neighbors=96), 96)


@pytest.mark.parametrize("metric", ["euclid", "precomputed", "pyfunc", ""])
def test_a_metric_that_cannot_be_named(metric: str) -> None:
    with pytest.raises(BadValue, match=r"^estimator\.metric="):
        check_estimator(Estimator(metric=metric), 10)


def test_every_metric_of_scikit_learn_can_be_named() -> None:
    assert {"euclidean", "manhattan", "minkowski", "chebyshev", "canberra", "hamming", "cosine"} <= set(METRICS)
    for metric in METRICS:
        check_estimator(Estimator(metric=metric), 10)


@given(
    points=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from("zab")), min_size=2, max_size=20),
    n_neighbors=st.integers(1, 20),
    weights=st.sampled_from(["uniform", "distance"]),
    algorithm=st.sampled_from(["ball_tree", "kd_tree", "brute"]),
    preprocess=st.sampled_from(["none", "standardize"]),
)
def test_one_search_predicts_what_scikit_learn_predicts(
    points: list[tuple[int, int, str]], n_neighbors: int, weights: str, algorithm: str, preprocess: str
) -> None:
    features = pd.DataFrame([point[:2] for point in points], columns=["x", "y"], dtype=float)
    labels = np.array([point[2] for point in points], dtype=object)
    neighbours = min(n_neighbors, len(points))
    typed = Estimator(n_neighbors=neighbours, weights=weights, algorithm=algorithm)
    classifier = build_estimator(typed, Preprocess(preprocess)).fit(features, labels)
    prediction, probabilities = classify(classifier, features)
    expected = classifier.predict(features)
    assert prediction.dtype == expected.dtype
    assert list(prediction) == list(expected)
    assert np.array_equal(probabilities, classifier.predict_proba(features))
