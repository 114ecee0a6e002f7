"""The rule on one feature is the best there is; it and models are scored alike, on rows that neither has seen."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from seedbed.config.dataset import Dataset
from seedbed.data.splits.random import split_rows
from seedbed.data.table import Table, load_table
from seedbed.paths import PACKAGE_DATA
from seedbed.selection.threshold_rule import (
    MOST_BLOCKS,
    MOST_ROWS,
    SEEDS,
    RuleComparison,
    compare_rule,
    find_leaks,
    fit_rules,
    pick_rule,
    round_cut,
    vote_among_others,
)

rows = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=12)
finite = st.floats(allow_nan=False, allow_infinity=False)


def table(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[value] for value, _ in pairs], dtype=float), np.array([code for _, code in pairs])


def best_by_trying_all(features: np.ndarray, codes: np.ndarray) -> int:
    """Return the most rows right over every set of cuts with at most as many intervals as classes."""
    values, classes = np.unique(features[:, 0]), np.unique(codes)
    cuts = (values[1:] + values[:-1]) / 2
    most = 0
    for n_cuts in range(min(len(classes), len(values))):
        for chosen in itertools.combinations(cuts, n_cuts):
            intervals = np.searchsorted(chosen, features[:, 0])
            most = max(most, sum(np.bincount(codes[intervals == at]).max() for at in np.unique(intervals)))
    return most


@given(rows)
def test_no_rule_gets_more_rows_right(pairs: list[tuple[int, int]]) -> None:
    features, codes = table(pairs)
    (rule,) = fit_rules(features, codes)
    assert rule.right == best_by_trying_all(features, codes)


@given(rows)
def test_a_rule_gets_right_what_it_says(pairs: list[tuple[int, int]]) -> None:
    features, codes = table(pairs)
    (rule,) = fit_rules(features, codes)
    assert (rule.predict(features) == codes).sum() == rule.right
    assert rule.rows == len(codes)
    assert len(rule.codes) == len(rule.cuts) + 1 <= len(set(codes.tolist()))
    assert list(rule.cuts) == sorted(set(rule.cuts))
    assert all(one != other for one, other in itertools.pairwise(rule.codes))


@given(st.lists(st.tuples(finite, finite, st.integers(0, 3)), min_size=1, max_size=20))
def test_the_best_feature_is_picked_and_the_first_of_equals(triples: list[tuple[float, float, int]]) -> None:
    features = np.array([[one, other, one] for one, other, _ in triples])
    codes = np.array([code for _, _, code in triples])
    rules = fit_rules(features, codes)
    rule, right = pick_rule(rules), [own.right for own in rules]
    assert rule.right == max(right) and rule.column == right.index(max(right)) < 2
    assert (rule.predict(features) == codes).sum() == rule.right


@given(finite, finite)
def test_a_cut_lies_between_and_is_short(one: float, other: float) -> None:
    low, high = sorted((one, other))
    if low < high:
        assert low < round_cut(low, high) <= high


@pytest.mark.parametrize(("low", "high", "cut"), [(0.6, 1.0, 0.8), (1.6, 1.7, 1.65), (7, 9, 8), (-1, 1, 0)])
def test_a_cut_is_one_that_a_person_would_write(low: float, high: float, cut: float) -> None:
    assert round_cut(low, high) == cut


def test_on_iris_it_is_the_rule_that_people_see() -> None:
    frame = pd.read_csv(PACKAGE_DATA / "iris.csv")
    codes, names = pd.factorize(frame["variety"], sort=True)
    rule = pick_rule(fit_rules(frame.drop(columns="variety").to_numpy(), codes))
    assert (rule.column, rule.cuts, rule.right, rule.rows) == (3, (0.8, 1.65), 144, 150)
    assert [names[code] for code in rule.codes] == ["Setosa", "Versicolor", "Virginica"]


def test_a_constant_feature_says_the_most_frequent_class() -> None:
    (rule,) = fit_rules(np.full((5, 1), 3.0), np.array([1, 0, 1, 2, 1]))
    assert (rule.cuts, rule.codes, rule.right) == ((), (1,), 3)


def test_of_many_values_and_many_classes_too() -> None:
    generator = np.random.default_rng(0)
    features, codes = generator.normal(size=(4000, 10)), generator.integers(0, 40, 4000)
    features[:, 7] += 10 * codes
    rule = pick_rule(fit_rules(features, codes))
    assert rule.column == 7 and rule.right > 3900 and len(rule.cuts) < MOST_BLOCKS
    assert (rule.predict(features) == codes).sum() == rule.right


@pytest.fixture(scope="module")
def iris() -> Table:
    return load_table(Dataset(path="package:iris.csv", target="variety", name="iris"))


@pytest.fixture(scope="module")
def on_iris(iris: Table) -> RuleComparison:
    found = compare_rule(iris.features.to_numpy()[iris.development], iris.codes[iris.development])
    assert found is not None
    return found


def test_the_splits_are_those_of_a_sweep(iris: Table, on_iris: RuleComparison) -> None:
    features, codes = iris.features.to_numpy()[iris.development], iris.codes[iris.development]
    for seed in SEEDS[:3]:
        train, test = split_rows(iris.labels[iris.development], seed=seed, test_size=0.2, stratify=True)
        rule = pick_rule(fit_rules(features[train], codes[train]))
        assert on_iris.rule.scores[seed] == (rule.predict(features[test]) == codes[test]).mean()
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(features[train], codes[train])
        assert on_iris.models["logistic"].scores[seed] == (model.predict(features[test]) == codes[test]).mean()
    assert (on_iris.rows, on_iris.train, on_iris.test, on_iris.stratified) == (120, 96, 24, True)


def test_on_iris_the_difference_is_small_and_said_with_its_interval(on_iris: RuleComparison) -> None:
    gain = on_iris.gain
    assert gain.mean == pytest.approx(on_iris.models["logistic"].score - on_iris.rule.score)
    assert abs(gain.mean) < 0.05 and gain.has_zero
    assert on_iris.frequent.score == pytest.approx(1 / 3)
    assert 0.9 < on_iris.rule.score < 1 and 0.9 < on_iris.models["logistic"].score < 1


def test_two_rows_a_class_are_split_without_stratifying() -> None:
    codes = np.repeat(np.arange(8), 2)
    found = compare_rule(np.arange(16, dtype=float)[:, None], codes)
    assert found is not None and not found.stratified and found.test == 4


def test_from_500_rows_on_boosting_is_among_the_models() -> None:
    values = np.random.default_rng(0).normal(size=(500, 2))
    codes = (values.prod(axis=1) > 0).astype(np.intp)
    found = compare_rule(values, codes)
    assert found is not None and set(found.models) == {"logistic", "hgb"}
    assert found.best == "hgb" and found.gain.mean > 0.2


def test_a_split_that_trains_on_one_class_alone_predicts_it() -> None:
    found = compare_rule(np.arange(12, dtype=float)[:, None], np.array([0] * 11 + [1]))
    assert found is not None and found.models["logistic"].minimum >= 2 / 3


def test_too_few_rows_and_too_large_values_are_not_scored_and_of_very_many_some_are_drawn() -> None:
    assert compare_rule(np.zeros((9, 1)), np.zeros(9, dtype=np.intp)) is None
    assert compare_rule(np.full((20, 1), 1e200), np.tile([0, 1], 10)) is None
    codes = np.tile([0, 1], MOST_ROWS)
    found = compare_rule(codes[:, None].astype(float), codes)
    assert found is not None and found.rows == MOST_ROWS
    assert found.rule.score == found.models[found.best].score == 1
    assert found.gain.low is None and found.rule.low is None


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=15))
def test_a_row_counts_as_right_where_the_others_of_its_group_say_its_class(pairs: list[tuple[int, int]]) -> None:
    groups, codes = np.array(pairs, dtype=np.intp).T
    for row, right in enumerate(vote_among_others(groups, codes)):
        others = (groups == groups[row]) & (np.arange(len(codes)) != row)
        votes = np.bincount(codes[others], minlength=3)
        own, rest = votes[codes[row]], np.delete(votes, codes[row]).max()
        assert right == (own > rest)


@given(st.integers(0, 2**32 - 1), st.permutations(range(3)))
def test_a_leak_is_a_column_that_says_the_class_whatever_its_values_are_called(seed: int, names: list[int]) -> None:
    """Values that are all different say nothing, nor does chance, and no order of the rows or names changes that."""
    generator = np.random.default_rng(seed)
    codes = generator.permutation(np.repeat([0, 1, 2], 12))
    columns = np.column_stack([np.array(names)[codes], np.arange(36), generator.integers(0, 6, 36)]).astype(float)
    rules = fit_rules(columns, codes, nominal=[0, 1, 2])
    assert list(find_leaks(columns, codes, rules)) == [0]
    assert rules[1].right == 0 and rules[0].right == 36
    assert (rules[0].predict(columns) == codes).all()


@pytest.mark.parametrize(("rows", "found"), [(10, {0: "its gaps"}), (9, {})])
def test_few_rows_of_a_class_may_be_apart_by_chance(rows: int, found: dict[int, str]) -> None:
    codes = np.repeat([0, 1], [rows, 30])
    values = np.where(codes == 0, np.nan, np.arange(len(codes), dtype=float))[:, None]
    assert find_leaks(values, codes, fit_rules(np.nan_to_num(values), codes)) == found
