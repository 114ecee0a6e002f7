"""The rule on one feature is the best there is: compared with every rule on small tables, and with itself."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.paths import PACKAGE_DATA
from seedbed.selection.threshold_rule import MOST_BLOCKS, best_rule, between, rows_right, rule_on

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
    rule = rule_on(features, codes, 0)
    assert rule.right == best_by_trying_all(features, codes) == rows_right(features, codes)[0]


@given(rows)
def test_a_rule_gets_right_what_it_says(pairs: list[tuple[int, int]]) -> None:
    features, codes = table(pairs)
    rule = rule_on(features, codes, 0)
    assert (rule.predict(features) == codes).sum() == rule.right
    assert rule.rows == len(codes)
    assert len(rule.codes) == len(rule.cuts) + 1 <= len(set(codes.tolist()))
    assert list(rule.cuts) == sorted(set(rule.cuts))
    assert all(one != other for one, other in itertools.pairwise(rule.codes))


@given(st.lists(st.tuples(finite, finite, st.integers(0, 3)), min_size=1, max_size=20))
def test_the_best_feature_is_chosen_and_the_first_of_equals(triples: list[tuple[float, float, int]]) -> None:
    features = np.array([[one, other, one] for one, other, _ in triples])
    codes = np.array([code for _, _, code in triples])
    scores, rule = rows_right(features, codes), best_rule(features, codes)
    assert rule.right == scores.max() and rule.column == int(np.argmax(scores)) and rule.column < 2
    assert (rule.predict(features) == codes).sum() == rule.right


@given(finite, finite)
def test_a_cut_lies_between_and_is_short(one: float, other: float) -> None:
    low, high = sorted((one, other))
    if low < high:
        assert low < between(low, high) <= high


@pytest.mark.parametrize(("low", "high", "cut"), [(0.6, 1.0, 0.8), (1.6, 1.7, 1.65), (7, 9, 8), (-1, 1, 0)])
def test_a_cut_is_one_that_a_person_would_write(low: float, high: float, cut: float) -> None:
    assert between(low, high) == cut


def test_on_iris_it_is_the_rule_that_people_see() -> None:
    frame = pd.read_csv(PACKAGE_DATA / "iris.csv")
    codes, names = pd.factorize(frame["variety"], sort=True)
    rule = best_rule(frame.drop(columns="variety").to_numpy(), codes)
    assert (rule.column, rule.cuts, rule.right, rule.rows) == (3, (0.8, 1.65), 144, 150)
    assert [names[code] for code in rule.codes] == ["Setosa", "Versicolor", "Virginica"]


def test_a_constant_feature_says_the_most_frequent_class() -> None:
    rule = best_rule(np.full((5, 1), 3.0), np.array([1, 0, 1, 2, 1]))
    assert (rule.cuts, rule.codes, rule.right) == ((), (1,), 3)


def test_many_values_and_many_classes_take_no_time() -> None:
    generator = np.random.default_rng(0)
    features, codes = generator.normal(size=(4000, 40)), generator.integers(0, 40, 4000)
    features[:, 7] += 10 * codes
    began = time.perf_counter()
    rule = best_rule(features, codes)
    assert time.perf_counter() - began < 5
    assert rule.column == 7 and rule.right > 3900 and len(rule.cuts) < MOST_BLOCKS
    assert (rule.predict(features) == codes).sum() == rule.right
