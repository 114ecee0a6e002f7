"""The schema: what each key takes, and that nothing outside its range can be made."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from seedbed.config.dataset import Dataset
from seedbed.config.schema import SWITCHES, Estimator, Explore, Preprocess, Promote, Selection, Serve, Split, Train
from seedbed.errors import BadInput, BadValue


@pytest.mark.parametrize(
    ("schema", "name", "value"),
    [
        (Split, "test_size", math.nan),
        (Split, "test_size", math.inf),
        (Split, "test_size", 0.0),
        (Split, "test_size", 1.0),
        (Split, "test_size", 1.5),
        (Split, "test_size", -0.1),
        (Split, "seed", -1),
        (Split, "seed", 2**32),
        (Split, "name", "other"),
        (Split, "folds", 1),
        (Split, "folds", -5),
        (Dataset, "holdout", 1.0),
        (Dataset, "holdout", -0.2),
        (Dataset, "holdout", math.nan),
        (Dataset, "holdout_seed", -1),
        (Dataset, "drawing", "photo"),
        (Preprocess, "name", "scale"),
        (Selection, "rule", "best"),
        (Selection, "tolerance", -0.01),
        (Selection, "tolerance", math.nan),
        (Selection, "order", [""]),
        (Train, "output", "xml"),
        (Train, "max_failures", -1),
        (Serve, "port", 70000),
        (Serve, "poll_seconds", 0.0),
    ],
)
def test_a_value_outside_its_range_cannot_be_made(schema: type[Any], name: str, value: object) -> None:
    with pytest.raises(BadValue) as raised:
        schema(**{name: value})
    error = raised.value
    assert error.key.rpartition(".")[2] == name
    assert error.value is value
    assert isinstance(error, BadInput) and error.exit_code == 2
    sentence = str(error)
    assert sentence.endswith(".") and "\n" not in sentence
    assert error.key in sentence and str(value) in sentence and error.allowed in sentence


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        (Split, {"seed": 2**32 - 1, "test_size": 0.999}),
        (Split, {"seed": 0, "test_size": 1e-9}),
        (Dataset, {"holdout": 0.0}),
        (Train, {"max_failures": 0}),
        (Serve, {"port": 0}),
    ],
)
def test_the_edges_of_a_range_belong_to_it(schema: type[Any], values: dict[str, object]) -> None:
    made = schema(**values)
    assert {name: getattr(made, name) for name in values} == values


@pytest.mark.parametrize(
    ("values", "begins"),
    [
        ({"folds": 5}, "split.folds=5 belongs to split=kfold and split=grouped, and split=random draws"),
        ({"test_size": None}, "split.test_size=null is not valid: "),
        (
            {"name": "kfold", "folds": 5},
            "split.test_size=0.2 belongs to split=random, and split=kfold tests a fold at a time",
        ),
        ({"name": "grouped"}, "split.name=grouped lacks split.folds; type split=grouped, which brings them."),
    ],
)
def test_a_key_of_another_kind_of_split_is_told(values: dict[str, Any], begins: str) -> None:
    with pytest.raises(BadInput) as raised:
        Split(**values)
    assert str(raised.value).startswith(begins)


def test_the_defaults_are_allowed_and_frozen() -> None:
    for schema in (Train, Explore, Promote, Serve):
        made = schema()
        with pytest.raises(dataclasses.FrozenInstanceError):
            made.output = "json"
    assert Train().estimator == Estimator(n_neighbors=5, weights="uniform", metric="minkowski", p=2.0, algorithm="auto")


def test_a_list_in_a_list_can_be_kept_and_a_mapping_cannot() -> None:
    made = Estimator("hgb", interaction_cst=[[0, 1], [2]])
    assert dict(made.params)["interaction_cst"] == ((0, 1), (2,)) and made in {made}
    for value in ({"a": 1}, [{"a": 1}]):
        with pytest.raises(
            BadValue, match=r"^estimator\.class_weight=\{'a': 1\} is not valid: expected a number, a word, "
        ):
            Estimator("logistic", class_weight=value)


def test_the_switches_are_keys_of_train_at_the_top() -> None:
    assert set(SWITCHES) <= {item.name for item in dataclasses.fields(Train)}


def test_an_order_without_a_tolerance_is_refused() -> None:
    with pytest.raises(BadInput, match="selection.order=knn,tree has no effect without a tolerance; type"):
        Selection(order=["knn", "tree"])
    assert Selection(order=["knn", "tree"], tolerance=0.0).order == ["knn", "tree"]
