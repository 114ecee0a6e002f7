"""What makes a candidate, and names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seedbed.config.candidate import candidate_params, dataset_name, text_of
from seedbed.config.schema import Dataset, Estimator, Preprocess, Selection, Split, Tracking, Train
from seedbed.errors import BadInput
from seedbed.records.records import candidate_id

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
def test_values_as_text(value: object, text: str) -> None:
    assert text_of(value) == text


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
    assert candidate_params(other, "d") == candidate_params(BASE, "d")


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
    assert candidate_id(candidate_params(other, "d")) != candidate_id(candidate_params(BASE, "d"))


def test_a_random_splits_candidate_is_what_recorded_stores_hold() -> None:
    assert candidate_id(candidate_params(BASE, "d")) == "5f33e27de980bd38"


def test_what_a_kind_of_split_does_not_have_is_no_part_of_its_candidate() -> None:
    kfold = replace(BASE, split=Split(name="kfold", test_size=None, folds=5, seed=3))
    own = {key: value for key, value in candidate_params(kfold, "d").items() if key.startswith("split.")}
    assert own == {"split.name": "kfold", "split.folds": "5", "split.stratify": "true"}
    grouped = Train(dataset=replace(BASE.dataset, group="flower"), split=Split(name="grouped", test_size=None, folds=4))
    params = candidate_params(grouped, "d")
    assert params["dataset.group"] == "flower" and params["split.folds"] == "4" and "split.test_size" not in params


def test_another_table_is_another_candidate() -> None:
    assert candidate_params(BASE, "d") != candidate_params(BASE, "e")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/data/flowers.csv", "flowers"),
        ("flowers.CSV.gz", "flowers"),
        ("https://user:pw@host/a/b.csv?token=1#x", "b"),
        ("C:\\data\\wine.tsv", "wine"),
        ("package:iris.csv", "iris"),
        ("/data/a,b.csv", "a,b"),
        ("/größe #1/is it?/b.csv", "b"),
        ("/data/a#1.csv", "a#1"),
        ("/data/my table.v2.csv", "my table.v2"),
    ],
)
def test_a_table_is_called_by_its_file(path: str, name: str) -> None:
    assert dataset_name(Dataset(path=path)) == name


@pytest.mark.parametrize("name", ["team/data", "a\\b", "a:b", "  ", "a\nb", ".", "..", "é" * 101, """it's "it\""""])
def test_names_that_no_registered_model_can_have(name: str) -> None:
    with pytest.raises(BadInput, match=r"^dataset\.name="):
        dataset_name(Dataset(path="x.csv", name=name))
