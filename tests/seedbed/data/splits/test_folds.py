"""Partitions into folds: each row tested once in each, by scikit-learn's own splitters, and groups kept together."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import KFold, StratifiedKFold

from seedbed.data.splits.folds import UnequalSeeds, assign_folds, check_folds, find_unequal_seeds
from seedbed.errors import BadInput


def labels_of(counts: list[int]) -> np.ndarray:
    labels = np.array([name for name, count in zip("abcdef", counts, strict=False) for _ in range(count)], object)
    return np.random.default_rng(sum(counts)).permutation(labels)


@st.composite
def grouped(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Draw labels, groups and a number of folds that can be made of them."""
    folds = draw(st.integers(2, 5))
    one_class_each = draw(st.booleans())
    sizes = draw(st.lists(st.integers(1, 6), min_size=2 * folds, max_size=24))
    groups = np.repeat([f"g{number}" for number in range(len(sizes))], sizes).astype(object)
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    labels = np.where(np.arange(len(sizes)) % 2, "b", "a").astype(object).repeat(sizes)
    return labels if one_class_each else random.permutation(labels), groups, folds


@given(
    counts=st.lists(st.integers(5, 30), min_size=2, max_size=5),
    folds=st.integers(2, 5),
    seed=st.integers(0, 2**32 - 1),
    stratify=st.booleans(),
)
def test_the_test_rows_of_a_seed_are_scikit_learns(counts: list[int], folds: int, seed: int, stratify: bool) -> None:
    labels = labels_of(counts)
    kind = StratifiedKFold if stratify else KFold
    numbers = assign_folds(labels, partition=seed // folds, folds=folds, stratify=stratify)
    parts = kind(folds, shuffle=True, random_state=seed // folds).split(labels, labels)
    train, test = list(parts)[seed % folds]
    assert np.array_equal(np.flatnonzero(numbers == seed % folds), test)
    assert np.array_equal(np.flatnonzero(numbers != seed % folds), train)
    assert np.array_equal(numbers, assign_folds(labels, partition=seed // folds, folds=folds, stratify=stratify))
    assert len(train) >= len(labels) - np.bincount(numbers).max() == len(labels) - -(-len(labels) // folds)


@given(case=grouped(), partition=st.integers(0, 2**31), stratify=st.booleans())
def test_no_group_is_on_both_sides_and_each_fold_tests_some(
    case: tuple[np.ndarray, np.ndarray, int], partition: int, stratify: bool
) -> None:
    labels, groups, folds = case
    try:
        check_folds(labels, folds, stratify, groups)
    except BadInput:
        return
    numbers = assign_folds(labels, partition=partition, folds=folds, stratify=stratify, groups=groups)
    assert sorted(set(numbers)) == list(range(folds))
    assert all(len(set(numbers[groups == group])) == 1 for group in set(groups))
    again = assign_folds(labels, partition=partition, folds=folds, stratify=stratify, groups=groups)
    assert np.array_equal(numbers, again)


@given(counts=st.lists(st.integers(1, 9), min_size=2, max_size=4), folds=st.integers(2, 12), stratify=st.booleans())
def test_folds_are_refused_exactly_where_scikit_learn_minds(counts: list[int], folds: int, stratify: bool) -> None:
    labels = labels_of(counts)
    minds = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assign_folds(labels, partition=0, folds=folds, stratify=stratify)
    except (ValueError, UserWarning):
        minds = True
    if not minds:
        check_folds(labels, folds, stratify)
        return
    with pytest.raises(BadInput, match=rf"split\.folds={folds} ?.*\.$"):
        check_folds(labels, folds, stratify)


@pytest.mark.parametrize(
    ("counts", "folds", "stratify", "sentence"),
    [
        (
            [6, 4],
            12,
            False,
            "split.folds=12 is more than the 10 rows for training and test; choose split.folds up to 10.",
        ),
        (
            [6, 4],
            5,
            True,
            "Class b has 4 of the 10 rows for training and test, fewer than split.folds=5, so that some fold would "
            "test none of it; choose split.folds up to 4, drop or merge the class, or use split.stratify=false.",
        ),
    ],
)
def test_folds_that_cannot_be_made_say_what_would_help(
    counts: list[int], folds: int, stratify: bool, sentence: str
) -> None:
    with pytest.raises(BadInput) as raised:
        check_folds(labels_of(counts), folds, stratify)
    assert str(raised.value) == sentence


def test_groups_are_what_counts_where_there_are_some() -> None:
    labels, groups = np.array(["a"] * 6 + ["b"] * 6, object), np.array(list("uvwuvwxyxyxy"), object)
    check_folds(labels, 2, True, groups)
    with pytest.raises(
        BadInput, match=r"^Class b has 2 of the 5 groups for training and test, fewer than split\.folds=3"
    ):
        check_folds(labels, 3, True, groups)
    with pytest.raises(BadInput, match=r"^split\.folds=6 is more than the 5 groups"):
        check_folds(labels, 6, False, groups)


@given(folds=st.integers(2, 7), seeds=st.sets(st.integers(0, 60), min_size=1, max_size=30))
def test_seeds_test_each_row_equally_often_exactly_where_nothing_is_said(folds: int, seeds: set[int]) -> None:
    rows = np.repeat("a", 4 * folds).astype(object)
    tested = np.zeros(len(rows), dtype=int)
    for seed in seeds:
        tested += assign_folds(rows, partition=seed // folds, folds=folds, stratify=False) == seed % folds
    found = find_unequal_seeds(seeds, folds)
    if found is None:
        assert np.ptp(tested) == 0
    else:
        whole = {seed // folds * folds + fold for seed in seeds for fold in range(folds)}
        assert whole > seeds and found.seeds == len(seeds)


def test_what_is_missing_is_said_with_the_key_that_completes_it() -> None:
    found = find_unequal_seeds(range(7), 5)
    assert found == UnequalSeeds(seeds=7, folds=5, whole="range(0,10)")
    assert found.words == (
        "7 seeds stop short of whole partitions of 5 folds, so that some rows are tested more often than others"
    )
    assert found.override == "split.seed=range(0,10)"
    alone = find_unequal_seeds([3], 2)
    assert alone is not None and alone.words.startswith("1 seed stops short") and alone.override == "split.seed=2,3"
