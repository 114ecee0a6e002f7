"""From a config to scikit-learn's estimator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from seedbed.config.families import OWN, list_families
from seedbed.config.schema import Estimator, Preprocess
from seedbed.errors import BadInput, BadValue, UnknownKey
from seedbed.estimators.factory import (
    METRICS,
    TooManyNeighbors,
    build_estimator,
    check_estimator,
    check_loading,
    classify,
)


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


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (Estimator(n_neighbors=0), r"^estimator\.n_neighbors=0 is not valid: expected an integer of at least 1\.$"),
        (Estimator(n_neighbors=-2), r"^estimator\.n_neighbors=-2 is not valid"),
        (
            Estimator(weights="uniforms"),
            r"^estimator\.weights=uniforms is not valid: expected one of distance, uniform",
        ),
        (Estimator(algorithm="tree"), r"^estimator\.algorithm=tree is not valid: expected one of auto, ball_tree, "),
        (Estimator(p=0.0), r"^estimator\.p=0 is not valid: expected a number above 0"),
        (Estimator(p=math.nan), r"^estimator\.p=nan is not valid"),
        (
            Estimator("forest", n_estimators=0),
            r"^estimator\.n_estimators=0 is not valid: expected an integer of at least 1\.$",
        ),
        (Estimator("logistic", C=-1.0), r"^estimator\.C=-1\.0 is not valid: expected a number above 0"),
        (Estimator("svc", kernel="rbv"), r"^estimator\.kernel=rbv is not valid: expected one of linear, poly, "),
        (
            Estimator("knn", n_neighbors=2.5),
            r"^estimator\.n_neighbors=2\.5 is not valid: expected an integer of at least 1\.$",
        ),
    ],
)
def test_a_value_that_the_class_refuses_is_named_with_what_is_allowed(estimator: Estimator, sentence: str) -> None:
    with pytest.raises(BadValue, match=sentence) as raised:
        check_estimator(estimator, 100)
    assert "callable" not in str(raised.value)


def test_a_parameter_that_the_class_does_not_have() -> None:
    with pytest.raises(UnknownKey, match=r"^There is no key estimator\.max_deph; did you mean estimator\.max_depth"):
        check_estimator(Estimator("forest", max_deph=3), 100)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("no_such_module.Classifier", "cannot be imported: No module named 'no_such_module'"),
        ("sklearn.svm.NoSuch", "cannot be imported"),
        ("os.system", "is not a classifier of scikit-learn's kind"),
        ("sklearn.preprocessing.StandardScaler", "it lacks predict"),
    ],
)
def test_a_class_that_is_not_a_classifier(target: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        check_estimator(Estimator(OWN, _target_=target), 100)


def test_a_class_of_another_library_is_to_be_trusted() -> None:
    own = Estimator(OWN, _target_=f"{__name__}.Nearest")
    with pytest.raises(BadInput, match=r"'?trust=\[[\w.]+\.Nearest\]'?$"):
        check_loading(own, [])
    check_loading(own, [own.target])


def test_a_class_of_scikit_learn_whose_models_cannot_be_checked_is_to_be_trusted() -> None:
    own, name = Estimator(OWN, _target_="sklearn.cluster.Birch"), "sklearn.cluster._birch.Birch"
    with pytest.raises(BadInput, match=rf"'trust=\[{name}\]'$"):
        check_loading(own, [])
    check_loading(own, [name])
    check_loading(Estimator(OWN, _target_="sklearn.dummy.DummyClassifier"), [])


class Nearest(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Predicts the class of the nearest middle; it gives no probabilities."""

    def __init__(self, power: float = 2.0) -> None:
        self.power = power

    def fit(self, features: pd.DataFrame, labels: Any) -> Nearest:
        self.classes_ = np.unique(labels)
        self.middles_ = np.stack([features[labels == name].mean().to_numpy() for name in self.classes_])
        return self

    def predict(self, features: pd.DataFrame) -> Any:
        away = np.abs(features.to_numpy()[:, None] - self.middles_) ** self.power
        return self.classes_[away.sum(axis=2).argmin(axis=1)]


@pytest.mark.parametrize("name", ["naive_bayes", "logistic", "tree", "forest", "hgb", "mlp"])
@pytest.mark.parametrize("classes", ["ab", "abc"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_family_predicts_what_its_own_predict_does(name: str, classes: str) -> None:
    values = np.random.default_rng(0).normal(size=(60, 2))
    features, labels = pd.DataFrame(values, columns=["x", "y"]), np.array(list(classes * 30)[:60], dtype=object)
    classifier = build_estimator(Estimator(name), Preprocess(), random_state=0).fit(features, labels)
    assert list(classify(classifier, features)[0]) == list(classifier.predict(features))


def test_a_score_too_small_to_move_a_probability_still_decides() -> None:
    features = pd.DataFrame({"x": [-1.0, 1.0]})
    classifier = build_estimator(Estimator("logistic"), Preprocess()).fit(features, np.array(["a", "b"], dtype=object))
    classifier.coef_, classifier.intercept_ = np.array([[1.0]]), np.array([0.0])
    prediction, probabilities = classify(classifier, pd.DataFrame({"x": [1e-17]}))
    assert probabilities.tolist() == [[0.5, 0.5]]
    assert list(prediction) == ["b"]


def test_an_estimator_without_probabilities_has_none() -> None:
    features = pd.DataFrame({"x": [0.0, 1.0, 5.0, 6.0]})
    labels = np.array(["a", "a", "b", "b"], dtype=object)
    prediction, probabilities = classify(Nearest().fit(features, labels), features)
    assert list(prediction) == list(labels)
    assert probabilities.shape == (4, 2) and np.isnan(probabilities).all()


LUCKY = {"logistic", "tree", "forest", "extra_trees", "hgb", "svc", "mlp"}  # have a random_state


@pytest.mark.parametrize("name", [family.name for family in list_families() if family.name != OWN])
def test_a_typed_random_state_is_used_as_it_stands(name: str) -> None:
    made = build_estimator(Estimator(name), Preprocess(), random_state=7)
    typed = build_estimator(Estimator(name, random_state=3), Preprocess(), random_state=7) if name in LUCKY else made
    states = [getattr(one.estimator if name == "svc" else one, "random_state", None) for one in (made, typed)]
    assert states == ([7, 3] if name in LUCKY else [None, None])


@pytest.mark.parametrize(("rarest", "folds"), [(1, None), (2, 2), (4, 4), (50, 5)])
def test_a_calibration_has_as_many_folds_as_the_rarest_class_has_rows(rarest: int, folds: int | None) -> None:
    made = build_estimator(Estimator("svc"), Preprocess(), 0, rarest)
    assert getattr(made, "cv", None) == folds
