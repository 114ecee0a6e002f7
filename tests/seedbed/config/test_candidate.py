"""What makes a candidate, its id, and the text of its params."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.config.candidate import ParamValue, collect_params, compute_candidate_id, format_param, parse_param
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Estimator, Preprocess, Selection, Split, Tracking, Train

BASE = Train(dataset=Dataset(path="a.csv", target="t"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (0.30000000000000004, "0.3"),
        (2.0, "2"),
        (-0.0, "0"),
        (1e20, "1e+20"),
        (1e-7, "1e-07"),
        (3, "3"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        ("null", "null"),
        ("minkowski", "minkowski"),
    ],
)
def test_values_as_text(value: ParamValue, text: str) -> None:
    assert format_param(value) == text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("estimator.n_neighbors", 5),
        ("estimator.p", 1e-05),
        ("estimator.p", 2.0),
        ("estimator.p", None),
        ("estimator.metric", "minkowski"),
        ("dataset.target", "010"),
        ("dataset.target", "true"),
        ("dataset.group", None),
        ("dataset.holdout", 0.2),
        ("dataset.digest", "00000000000000000000000000000012"),
        ("split.seed", 10),
        ("split.folds", 5),
        ("split.stratify", False),
        ("split.stratify", True),
    ],
)
def test_a_text_is_read_back_as_the_value_that_it_was(key: str, value: ParamValue) -> None:
    read = parse_param(key, format_param(value))
    assert read == value and type(read) is type(value)


NOT_WORDS = ("null", "true", "false", "inf", "nan")
ITEMS = st.one_of(
    st.integers(), st.floats(0.01, 0.99).map(lambda value: float(f"{value:.3g}")), st.booleans(), st.none(),
    st.from_regex(r"[a-z_]+( [a-z]+)?", fullmatch=True).filter(lambda word: word not in NOT_WORDS),
)  # fmt: skip
LISTS = st.lists(ITEMS | st.lists(ITEMS, min_size=1).map(tuple)).map(tuple)


@given(LISTS)
def test_a_list_is_read_back_with_the_words_and_the_lists_in_it(value: ParamValue) -> None:
    key = "estimator.interaction_cst"
    read = parse_param(key, format_param(value, key))
    assert repr(read) == repr(value)


def test_a_text_that_another_program_wrote_stays_text() -> None:
    assert parse_param("estimator.p", "auto") == "auto"
    assert parse_param("learning_rate", "1e-05") == "1e-05"


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, split=Split(seed=9)),
        replace(BASE, split=Split(test_size=0.1 + 0.1)),
        replace(BASE, dataset=Dataset(path="b.csv", target="t", name="b", title="B", drawing="flower")),
        replace(BASE, tracking=Tracking("sqlite:///x.db")),
        replace(BASE, output="json"),
        replace(BASE, selection=Selection(metric="macro_f1")),
        replace(BASE, force=True),
    ],
)
def test_seed_place_switches_and_looks_are_no_part_of_a_candidate(other: Train) -> None:
    assert collect_params(other, "d") == collect_params(BASE, "d")


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, split=Split(test_size=0.3)),
        replace(BASE, split=Split(stratify=False)),
        replace(BASE, dataset=Dataset(path="a.csv", target="u")),
        replace(BASE, dataset=Dataset(path="a.csv", target="t", holdout=0.1)),
        replace(BASE, dataset=Dataset(path="a.csv", target="t", holdout_seed=1)),
        replace(BASE, estimator=Estimator(p=None)),
        replace(BASE, preprocess=Preprocess("standardize")),
    ],
)
def test_what_else_differs_is_another_candidate(other: Train) -> None:
    assert compute_candidate_id(collect_params(other, "d")) != compute_candidate_id(collect_params(BASE, "d"))


def test_a_random_splits_candidate_is_what_recorded_stores_hold() -> None:
    assert compute_candidate_id(collect_params(BASE, "d")) == "5f33e27de980bd38"


def test_what_a_kind_of_split_does_not_have_is_no_part_of_its_candidate() -> None:
    kfold = replace(BASE, split=Split(name="kfold", test_size=None, folds=5, seed=3))
    own = {key: value for key, value in collect_params(kfold, "d").items() if key.startswith("split.")}
    assert own == {"split.name": "kfold", "split.folds": 5, "split.stratify": True}
    grouped = Train(dataset=replace(BASE.dataset, group="flower"), split=Split(name="grouped", test_size=None, folds=4))
    params = collect_params(grouped, "d")
    assert params["dataset.group"] == "flower" and params["split.folds"] == 4 and "split.test_size" not in params


def test_another_table_is_another_candidate() -> None:
    assert collect_params(BASE, "d") != collect_params(BASE, "e")
