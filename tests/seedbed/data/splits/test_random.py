"""Which rows are held out, trained on and tested."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from seedbed.data.splits.holdout import draw_holdout
from seedbed.data.splits.random import check_sizes, compute_sizes, split_rows
from seedbed.errors import BadInput


def labels_of(*counts: int) -> np.ndarray:
    return np.array([name for name, count in zip("abcdefghij", counts, strict=False) for _ in range(count)], object)


@given(rows=st.integers(2, 400), test_size=st.floats(0.01, 0.99))
def test_sizes_are_those_of_scikit_learn(rows: int, test_size: float) -> None:
    sizes = compute_sizes(rows, test_size)
    if sizes.train < 1:
        with pytest.raises(ValueError, match="train set will be empty"):
            train_test_split(range(rows), test_size=test_size, random_state=0)
        return
    train, test = train_test_split(range(rows), test_size=test_size, random_state=0)
    assert (sizes.train, sizes.test) == (len(train), len(test))


@given(
    counts=st.lists(st.integers(1, 12), min_size=2, max_size=5),
    test_size=st.floats(0.02, 0.98).map(lambda share: round(share, 2)),
    stratify=st.booleans(),
)
def test_a_split_is_refused_exactly_where_scikit_learn_cannot_make_it(
    counts: list[int], test_size: float, stratify: bool
) -> None:
    labels = labels_of(*counts)
    possible = True
    try:
        split_rows(labels, seed=0, test_size=test_size, stratify=stratify)
    except ValueError:
        possible = False
    if possible:
        check_sizes(labels, test_size, stratify)
        return
    with pytest.raises(BadInput) as raised:
        check_sizes(labels, test_size, stratify)
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")


@pytest.mark.parametrize("stratify", [True, False])
def test_rows_are_parted_as_scikit_learn_parts_a_table(stratify: bool) -> None:
    labels = labels_of(20, 15, 10)
    train, test = split_rows(labels, seed=3, test_size=0.3, stratify=stratify)
    expected = train_test_split(np.arange(45), test_size=0.3, random_state=3, stratify=labels if stratify else None)
    assert np.array_equal(train, expected[0]) and np.array_equal(test, expected[1])


@pytest.mark.parametrize(
    ("counts", "test_size", "phrase"),
    [
        ((5, 1), 0.2, "Class b has only one row, and a stratified split needs two"),
        ((10, 10), 0.96, "split.test_size=0.96 leaves 0 of 20 rows to train on"),
        ((4, 4, 4, 4), 0.1, "split.test_size=0.1 makes 2 test and 14 training rows of 16, fewer than the 4 classes"),
        ((4, 4, 4, 4), 0.9, "choose split.test_size from 0.25 to 0.75"),
        ((2,) * 10, 0.2, "choose split.test_size=0.5"),
    ],
)
def test_a_split_that_cannot_be_made_says_what_would_help(
    counts: tuple[int, ...], test_size: float, phrase: str
) -> None:
    with pytest.raises(BadInput) as raised:
        check_sizes(labels_of(*counts), test_size, stratify=True)
    assert phrase in str(raised.value)


def test_the_share_that_is_named_works() -> None:
    labels = labels_of(4, 4, 4, 4)
    for share in (0.25, 0.75):
        split_rows(labels, seed=0, test_size=share, stratify=True)


def test_a_class_of_equal_rows_is_too_few_for_a_holdout() -> None:
    features = np.r_[np.zeros(8), np.arange(8.0)].reshape(16, 1)
    with pytest.raises(BadInput, match=r"Class a has only one distinct row, .*: dataset\.holdout=0\."):
        draw_holdout(features, labels_of(8, 8), share=0.2, seed=0)


def test_an_impossible_holdout_is_named_by_its_own_key() -> None:
    features = np.arange(16.0).reshape(16, 1)
    with pytest.raises(BadInput, match=r"^dataset\.holdout=0\.1 makes 2 test"):
        draw_holdout(features, labels_of(4, 4, 4, 4), share=0.1, seed=0)


@given(seed=st.integers(0, 1000), share=st.sampled_from([0.1, 0.2, 0.35]))
def test_equal_rows_stay_on_one_side_of_the_holdout(seed: int, share: float) -> None:
    generator = np.random.default_rng(seed)
    features = generator.integers(0, 6, size=(90, 2)).astype(float)
    labels = np.array(["a", "b", "c"], object)[features[:, 0].astype(int) % 3]
    held = draw_holdout(features, labels, share=share, seed=seed)
    rest = np.setdiff1d(np.arange(90), held)
    assert np.array_equal(held, np.unique(held)) and 0 < len(held) < 90
    sides = [{tuple(row) for row in features[rows]} for rows in (held, rest)]
    assert not sides[0] & sides[1]


def test_no_holdout_and_the_same_seed_twice() -> None:
    features, labels = np.random.default_rng(0).normal(size=(50, 3)), labels_of(25, 25)
    assert draw_holdout(features, labels, share=0, seed=0).tolist() == []
    draws = [draw_holdout(features, labels, share=0.2, seed=seed).tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    assert len(draws[0]) == 10 and sum(row < 25 for row in draws[0]) == 5


def test_the_values_do_not_move_the_holdout() -> None:
    features, labels = np.random.default_rng(0).normal(size=(50, 3)), labels_of(25, 25)
    held = draw_holdout(features, labels, share=0.2, seed=0)
    assert np.array_equal(held, draw_holdout(-features * 7, labels, share=0.2, seed=0))
