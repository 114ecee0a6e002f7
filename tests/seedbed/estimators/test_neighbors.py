"""KNNs that share a search answer as each of them does by itself, to every row, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from seedbed.config.estimator import Estimator
from seedbed.config.schema import Preprocess
from seedbed.estimators import answers, neighbors
from seedbed.estimators.factory import build_estimator, classify
from seedbed.estimators.neighbors import SharedSearch, can_share

MANY_TIES, FEW_TIES, WIDE_TIES, WIDE = (
    (4, 1),
    (4, 6),
    (18, 0),
    (18, 6),
)  # columns and decimals; 16 are searched by force
pytestmark = pytest.mark.usefixtures("one_thread")

DISTANCES = ({}, {"p": 1.0}, {"p": 3.5}, {"metric": "chebyshev"}, {"metric": "l2"}, {"algorithm": "ball_tree"})


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Have searches go on in one thread, as in a worker; with more, ties go by how the threads share the rows."""
    with threadpool_limits(1):
        yield


def make_table(seed: int, rows: int, shape: tuple[int, int]) -> tuple[pd.DataFrame, Any]:
    """Return a table whose last rows repeat the first, and its labels, one class a third as frequent."""
    columns, decimals = shape
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=(rows, columns)), decimals)
    values[-rows // 10 :] = values[: len(values[-rows // 10 :])]
    labels = rng.choice(np.array(["a", "b", "c"], dtype=object), rows, p=[0.4, 0.4, 0.2])
    return pd.DataFrame(values, columns=[f"c{number}" for number in range(columns)]), labels


def fit_all(ks: Any, rows: pd.DataFrame, labels: Any, preprocess: str, **params: Any) -> list[Any]:
    return [
        build_estimator(Estimator("knn", n_neighbors=k, **params), Preprocess(preprocess)).fit(rows, labels) for k in ks
    ]


def require_equal(search: SharedSearch, estimator: Any, rows: pd.DataFrame) -> None:
    labels, shares = search.classify(estimator, rows)
    np.testing.assert_array_equal(labels, estimator.predict(rows), strict=True)
    np.testing.assert_array_equal(shares, estimator.predict_proba(rows), strict=True)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 999),
    shape=st.sampled_from([MANY_TIES, FEW_TIES, WIDE_TIES, WIDE]),
    weights=st.sampled_from(["uniform", "distance"]),
    distance=st.sampled_from(DISTANCES),
    preprocess=st.sampled_from(["none", "standardize"]),
    ks=st.lists(st.integers(1, 60), min_size=3, max_size=3, unique=True),
)
def test_labels_and_probabilities_are_the_models_own(
    seed: int, shape: tuple[int, int], weights: str, distance: dict[str, Any], preprocess: str, ks: list[int]
) -> None:
    rows, labels = make_table(seed, 400, shape)
    train, search = rows[:300], SharedSearch(ks)
    for estimator in fit_all(ks, train, labels[:300], preprocess, weights=weights, **distance):
        require_equal(search, estimator, rows[300:])
        require_equal(search, estimator, train)
    assert len(search._searches) == 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_brute_force_is_asked_of_all_rows_that_it_takes_together(seed: int) -> None:
    rows, labels = make_table(seed, 900, (18, 1))  # where the last bit of a distance goes by the rows beside it
    search = SharedSearch([4, 7, 12])
    for estimator in fit_all([4, 7, 12], rows[:600], labels[:600], "none", weights="distance"):
        require_equal(search, estimator, rows[600:])
        require_equal(search, estimator, rows[:600])


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_rows_that_are_there_twice_with_one_class_are_no_reason_to_ask(weights: str) -> None:
    rows, _ = make_table(0, 300, WIDE)
    labels = np.where(rows["c0"] > 0, "a", "b")
    search = SharedSearch(range(1, 30))
    for estimator in fit_all((2, 5, 6, 9), rows, labels, "none", weights=weights):
        require_equal(search, estimator, rows)
        assert not search._searches[0].vote(estimator)[2].any()


@pytest.mark.parametrize(("seed", "columns", "k"), [(2, 2, 10), (3, 3, 12), (22, 3, 12)])
def test_classes_of_equal_weight_are_told_apart_as_the_model_does(seed: int, columns: int, k: int) -> None:
    rows, labels = make_table(seed, 400, (columns, 0))
    labels = np.where(labels == "c", "a", labels)
    search = SharedSearch([k, 24])
    (estimator,) = fit_all([k], rows[:300], labels[:300], "none", weights="distance")
    require_equal(search, estimator, rows[300:] + 0.5)


def test_all_training_rows_as_neighbours_are_found_by_force_and_need_no_one_more() -> None:
    rows, labels = make_table(0, 60, MANY_TIES)
    search = SharedSearch([1, 29, 30, 60])
    for estimator in fit_all([1, 29, 30, 60], rows, labels, "none", weights="distance"):
        require_equal(search, estimator, rows)
    assert [one.knn._fit_method for one in search._searches] == ["kd_tree", "brute"]


def test_a_shared_search_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, labels = make_table(1, 600, FEW_TIES)
    rows = rows.sample(frac=1, random_state=0).drop_duplicates()
    models, search, searched = fit_all(range(1, 8), rows, labels[rows.index], "standardize"), SharedSearch([1, 7]), []
    own = KNeighborsClassifier.kneighbors

    def count(self: Any, X: Any = None, *more: Any, **named: Any) -> Any:
        searched.append(len(X))
        return own(self, X, *more, **named)

    monkeypatch.setattr(KNeighborsClassifier, "kneighbors", count)
    for model in models:
        search.classify(model, rows)
    assert searched == [len(rows)]


@pytest.mark.parametrize("preprocess", ["none", "standardize"])
def test_a_fit_that_differs_in_k_alone_is_a_copy_that_equals_its_own(preprocess: str) -> None:
    rows, labels = make_table(3, 80, FEW_TIES)
    search, own = SharedSearch([1]), [KNeighborsClassifier(k, p=p) for k, p in ((3, 2), (9, 2), (50, 2), (9, 1))]
    given = [make_pipeline(StandardScaler(), knn) if preprocess == "standardize" else knn for knn in own]
    fits = [search.fit(clone(estimator), rows, labels) for estimator in given]
    for fitted, estimator in zip(fits, given, strict=True):
        alone = estimator.fit(rows, labels)
        assert skops.io.get_untrusted_types(data=skops.io.dumps(fitted)) == skops.io.get_untrusted_types(
            data=skops.io.dumps(alone)
        )
        assert repr(fitted) == repr(alone)
        np.testing.assert_array_equal(fitted.predict_proba(rows), alone.predict_proba(rows))
    knns = [answers.list_steps(fitted)[-1] for fitted in fits]
    assert [knn._fit_method for knn in knns] == ["kd_tree", "kd_tree", "brute", "kd_tree"]
    assert knns[1]._tree is knns[0]._tree and knns[3]._tree is not knns[0]._tree
    other = [search.fit(GaussianNB(var_smoothing=value), rows, labels).var_smoothing for value in (0.1, 0.2)]
    assert other == [0.1, 0.2]


@pytest.mark.parametrize(
    "values",
    [
        {"metric": "cosine"},
        {"metric": "canberra"},
        {"p": 0.5},
        {"metric": "minkowski", "metric_params": {"w": [1, 2]}},
        {"weights": None},
    ],
)
def test_what_is_not_known_to_be_exact_is_not_shared(values: dict[str, Any]) -> None:
    assert can_share(KNeighborsClassifier().get_params())
    assert not can_share({**KNeighborsClassifier().get_params(), **values})


def test_other_models_answer_for_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, labels = make_table(2, 80, FEW_TIES)
    search = SharedSearch([1, 5])
    require_equal(search, BaggingClassifier(KNeighborsClassifier(), random_state=0).fit(rows, labels), rows)
    require_equal(search, KNeighborsClassifier(metric="cosine").fit(rows, labels), rows)
    require_equal(search, KNeighborsClassifier(9).fit(rows, labels), rows)
    monkeypatch.setattr(neighbors, "_MOST_FOUND", 400)
    require_equal(search, KNeighborsClassifier(5).fit(rows, labels), rows)
    assert not search._searches
    # Fitted on other values, or on the same with other labels, each has a search of its own.
    monkeypatch.undo()
    for model, target in ((rows, labels), (rows + 1, labels), (rows, labels[::-1])):
        fitted = KNeighborsClassifier(5).fit(model, target)
        np.testing.assert_array_equal(search.classify(fitted, rows)[1], classify(fitted, rows)[1])
    assert len(search._searches) == 3
