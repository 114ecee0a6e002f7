"""A record as a value: keys for class names, and where two records differ."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name

from seedbed.config.candidate import compute_candidate_id, compute_fingerprint
from seedbed.data.table import DatasetRecord
from seedbed.metrics.metric import class_keys
from seedbed.records.records import RunRecord, split_columns

DATASET = DatasetRecord(name="t", source="/t.csv", digest="d", columns={"x": "double", "label": "string"})


def record(**other: Any) -> RunRecord:
    predictions = pd.DataFrame(
        {"row": [3, 1], "truth": ["a", "b"], "prediction": ["a", "a"], "probability/a": [1.0, 0.1 + 0.2]}
    )
    values: dict[str, Any] = {
        "name": "n",
        "params": {"estimator.p": "2"},
        "metrics": {"accuracy": 0.5, "f1/b": math.nan},
        "timings": {"fit_seconds": 1.0},
        "columns": split_columns(predictions),
        "report": {"classes": {"b": {"f1-score": None}}, "accuracy": 0.5},
        "config": "a: 1\n",
        "figure": b"png",
        "dataset": DATASET,
        "candidate": "c",
        "fingerprint": "f",
    }
    return RunRecord(**{**values, **other})


def test_equal_records_differ_in_nothing_nan_name_and_timings_included() -> None:
    assert record().differences(record(name="m", timings={"fit_seconds": 9.0})) == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"params": {"estimator.p": "3"}}, ["param estimator.p: 2 and 3"]),
        ({"params": {}}, ["param estimator.p: 2 and none"]),
        ({"metrics": {"accuracy": 0.5, "f1/b": 0.0}}, ["metric f1/b: nan and 0.0"]),
        ({"metrics": {"accuracy": 0.5}}, ["metric f1/b: nan and none"]),
        ({"metrics": {"accuracy": 0.5 + 1e-16 * 2, "f1/b": math.nan}}, ["metric accuracy: 0.5 and 0.5000000000000002"]),
        ({"report": {"classes": {"b": {"f1-score": 0.0}}, "accuracy": 0.5}}, ["the classification reports differ"]),
        ({"config": "a: 2\n"}, ["the configs differ"]),
        ({"figure": b"other"}, ["the figures differ"]),
        ({"dataset": replace(DATASET, digest="e")}, ["the tables differ"]),
        ({"fingerprint": "g"}, ["the fingerprints differ"]),
    ],
)
def test_what_differs_is_said(other: dict[str, Any], words: list[str]) -> None:
    assert record().differences(record(**other)) == words


def test_predictions_are_compared_by_content() -> None:
    frame = record().predictions
    moved = frame.assign(row=[3, 2])
    assert record().differences(record(columns=split_columns(moved))) == ["the predictions differ in row"]
    assert record().differences(record(columns=split_columns(frame.head(1)))) == ["there are 2 and 1 predictions"]
    shifted = frame.assign(**{"probability/a": [1.0, 0.3]})
    assert record().differences(record(columns=split_columns(shifted))) == ["the predictions differ in probability/a"]
    assert record().differences(record(columns=split_columns(frame.set_index(pd.Index([7, 8]))))) == []
    renamed = frame.rename(columns={"probability/a": "probability/b"})
    assert record().differences(record(columns=split_columns(renamed)))[0].startswith("the predictions have columns")


def test_the_classes_are_read_off_the_probabilities() -> None:
    assert record().classes == ["a"]


@given(classes=st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=12, unique=True))
def test_every_class_has_a_key_of_its_own_that_mlflow_takes(classes: list[str]) -> None:
    keys = class_keys(classes)
    assert list(keys) == classes
    assert len(set(keys.values())) == len(classes)
    for key in keys.values():
        for metric in ("precision", "recall", "f1"):
            _validate_metric_name(f"{metric}/{key}")


@pytest.mark.parametrize(
    ("classes", "keys"),
    [
        (["Setosa", "chêne", "a b-c.d_e"], ["Setosa", "chêne", "a b-c.d_e"]),
        (["a/b", "a_b", "a:b"], ["a_b", "a_b_2", "a_b_3"]),
        (["..", "/", "."], ["__", "_", "__2"]),
        (["a_2", "a", "a/", "a_"], ["a_2", "a", "a_", "a__2"]),
    ],
)
def test_the_keys_of_some_classes(classes: list[str], keys: list[str]) -> None:
    assert list(class_keys(classes).values()) == keys


@given(params=st.dictionaries(st.text(max_size=5), st.text(max_size=5), min_size=1, max_size=5))
def test_ids_hang_on_content_and_not_on_order(params: dict[str, str]) -> None:
    turned = dict(reversed(params.items()))
    assert compute_candidate_id(turned) == compute_candidate_id(params)
    assert compute_fingerprint(turned, {"numpy": "2"}) == compute_fingerprint(params, {"numpy": "2"})
    assert compute_fingerprint(params, {"numpy": "3"}) != compute_fingerprint(params, {"numpy": "2"})
    assert compute_candidate_id({**params, "another": "x" * 9}) != compute_candidate_id(params)
