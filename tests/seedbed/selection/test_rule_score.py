"""The rule and KNN are scored alike, on rows that neither has seen; KNN's votes are scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from seedbed.config.schema import Dataset
from seedbed.data.splits.random import split_rows
from seedbed.data.table import Table, read_table
from seedbed.selection.rule_score import MOST_ROWS, NEIGHBORS, SEEDS, RuleScore, best_knn, rule_score, voted
from seedbed.selection.threshold_rule import best_rule


@pytest.fixture(scope="module")
def iris() -> Table:
    return read_table(Dataset(path="package:iris.csv", target="variety", name="iris"))


@pytest.fixture(scope="module")
def on_iris(iris: Table) -> RuleScore:
    found = rule_score(iris.features.to_numpy()[iris.development], iris.codes[iris.development])
    assert found is not None
    return found


def test_the_splits_are_those_of_a_sweep(iris: Table, on_iris: RuleScore) -> None:
    features, codes = iris.features.to_numpy()[iris.development], iris.codes[iris.development]
    for seed in SEEDS[:3]:
        train, test = split_rows(iris.labels[iris.development], seed=seed, test_size=0.2, stratify=True)
        rule = best_rule(features[train], codes[train])
        assert on_iris.rule[seed] == (rule.predict(features[test]) == codes[test]).mean()
        chosen, told = best_knn(features[train], codes[train], features[test])
        assert on_iris.chosen[seed] == chosen and on_iris.knn[seed] == (told == codes[test]).mean()
    assert (on_iris.rows, on_iris.train, on_iris.test, on_iris.stratified) == (120, 96, 24, True)


def test_on_iris_the_difference_is_small_and_said_with_its_interval(on_iris: RuleScore) -> None:
    difference = on_iris.difference
    assert difference is not None and difference.mean == pytest.approx(on_iris.added)
    assert abs(on_iris.added) < 0.05 and 0 in difference.interval
    assert on_iris.frequent == pytest.approx(1 / 3)
    assert 0.9 < on_iris.rule.mean() < 1 and 0.9 < on_iris.knn.mean() < 1


@settings(max_examples=25)
@given(st.integers(0, 1000), st.sampled_from(NEIGHBORS))
def test_the_votes_are_those_of_scikit_learn(seed: int, n_neighbors: int) -> None:
    generator = np.random.default_rng(seed)
    features, asked, codes = generator.normal(size=(30, 2)), generator.normal(size=(9, 2)), generator.integers(0, 3, 30)
    model = KNeighborsClassifier(n_neighbors).fit(features, codes)
    neighbors = codes[model.kneighbors(asked, return_distance=False)]
    assert voted(neighbors).tolist() == model.predict(asked).tolist()


def test_knn_is_chosen_with_each_row_left_out_of_its_own_neighbours() -> None:
    """With one neighbour every training row would be right by itself."""
    generator = np.random.default_rng(1)
    codes = np.repeat([0, 1], 60)
    features = (codes + generator.normal(scale=1.2, size=120))[:, None]
    assert best_knn(features, codes, features[:3])[0].n_neighbors > 1


def test_features_of_unlike_scales_are_scaled_where_that_helps() -> None:
    generator = np.random.default_rng(2)
    codes = np.repeat([0, 1], 40)
    features = np.column_stack([codes + generator.normal(scale=0.1, size=80), 1e4 * generator.normal(size=80)])
    assert best_knn(features, codes, features[:3])[0].standardized


def test_two_rows_a_class_are_split_without_stratifying() -> None:
    codes = np.repeat(np.arange(8), 2)
    found = rule_score(np.arange(16, dtype=float)[:, None], codes)
    assert found is not None and not found.stratified and found.test == 4


def test_too_few_rows_and_too_large_values_are_not_scored_and_of_very_many_some_are_drawn() -> None:
    assert rule_score(np.zeros((9, 1)), np.zeros(9, dtype=np.intp)) is None
    assert rule_score(np.full((20, 1), 1e200), np.tile([0, 1], 10)) is None
    codes = np.tile([0, 1], MOST_ROWS)
    found = rule_score(codes[:, None].astype(float), codes)
    assert found is not None and found.rows == MOST_ROWS
    assert found.rule.mean() == found.knn.mean() == 1 and found.difference is None and found.within(found.rule) is None
