"""The formulas agree with published numbers, with independent programs, and with themselves."""

from __future__ import annotations

import baycomp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_rel
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC

from seedbed.selection.inference import (
    corrected_interval,
    corrected_variance,
    exceeds_chance,
    holm,
    paired_difference,
    wilson_interval,
)

shares = st.lists(st.integers(0, 24).map(lambda right: right / 24), min_size=2, max_size=12)
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def published_differences() -> np.ndarray:
    """What scikit-learn's example "Statistical comparison of models using grid search" compares: rbf minus linear."""
    features, labels = make_moons(noise=0.352, random_state=1, n_samples=100)
    splits = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=kernel, random_state=0), features, labels, scoring="roc_auc", cv=splits)
        for kernel in ("rbf", "linear")
    )
    return rbf - linear


def test_the_paired_difference_is_the_one_that_scikit_learn_publishes(published_differences: np.ndarray) -> None:
    found = paired_difference(published_differences, 10 / 90)
    assert found is not None
    assert round(found.mean / found.error, 3) == 0.750
    assert round(found.p / 2, 3) == 0.227
    assert (round(found.interval.low, 6), round(found.interval.high, 6)) == (-0.016445, 0.036445)


@pytest.mark.parametrize("seeds", [5, 10, 30])
def test_baycomp_finds_the_same_probability(seeds: int) -> None:
    draw = np.random.default_rng(seeds)
    one, other = draw.normal(0.95, 0.03, seeds), draw.normal(0.94, 0.03, seeds)
    found = paired_difference(one - other, 0.2 / 0.8)
    worse, better = baycomp.two_on_single(other, one, rope=0, runs=seeds / 5)
    assert found is not None
    assert found.p / 2 == pytest.approx(min(worse, better))


def test_without_test_rows_the_correction_is_gone() -> None:
    one, other = np.random.default_rng(3).normal(size=(2, 12))
    found = paired_difference(one - other, 0.0)
    expected = ttest_rel(one, other)
    low, high = expected.confidence_interval()
    assert found is not None
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))


def test_the_variance_is_taken_over_the_last_axis() -> None:
    scores = np.random.default_rng(0).normal(size=(4, 3, 10))
    together = corrected_variance(scores, 0.25)
    assert together.shape == (4, 3)
    assert together[2, 1] == pytest.approx(corrected_variance(scores[2, 1], 0.25))
    assert together[2, 1] == pytest.approx(np.var(scores[2, 1], ddof=1) * (0.1 + 0.25))


def test_one_split_has_no_variance() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        corrected_variance(np.array([0.9]), 0.25)


@given(shares)
def test_an_interval_contains_its_mean_and_has_a_width(scores: list[float]) -> None:
    found = corrected_interval(np.array(scores), 0.25)
    assert (found is None) == (max(scores) == min(scores))
    if found is not None:
        assert np.mean(scores) in found.clip(0, 1)
        assert found.clip(0, 1).low < found.clip(0, 1).high


@pytest.mark.parametrize("value", [0.0, 1.0, 29 / 30, 0.1 + 0.2])
def test_equal_scores_have_no_interval_over_splits(value: float) -> None:
    scores = np.array([value, value + 1e-16, value])
    assert corrected_interval(scores, 0.25) is None
    assert paired_difference(scores, 0.25) is None


@pytest.mark.parametrize(("right", "rows"), [(0, 30), (29, 30), (30, 30), (1, 1), (0, 1), (57, 120)])
def test_wilson_is_scipys(right: int, rows: int) -> None:
    expected = binomtest(right, rows).proportion_ci(method="wilson")
    found = wilson_interval(right, rows)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_wilson_contains_the_share_and_has_a_width(share: float, rows: int) -> None:
    found = wilson_interval(share * rows, rows)
    assert share * rows / rows in found
    assert 0 <= found.low < found.high <= 1


def test_holm_adjusts_as_in_a_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(p_values, st.randoms(use_true_random=False))
def test_holm_never_lowers_and_does_not_mind_the_order(p: list[float], shuffle: object) -> None:
    adjusted = holm(p)
    places = list(range(len(p)))
    shuffle.shuffle(places)  # type: ignore[attr-defined]
    assert all(before <= after <= 1 for before, after in zip(p, adjusted, strict=True))
    assert holm([p[place] for place in places]) == [adjusted[place] for place in places]
    assert min(adjusted) == min(1.0, min(p) * len(p))


@pytest.mark.parametrize(
    ("difference", "error", "beyond"),
    [
        (0.01, 0.0, True),
        (0.0, 0.0, False),
        (1e-12, 0.0, False),
        (0.011, 0.02, True),
        (0.01, 0.02, False),
        (-1, 0.1, False),
    ],
)
def test_half_the_standard_error_is_what_chance_often_gives(difference: float, error: float, beyond: bool) -> None:
    assert exceeds_chance(difference, error) is beyond
