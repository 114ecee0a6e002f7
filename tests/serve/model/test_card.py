"""What the page knows about a version, from its card or from its signature alone."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from sklearn.neighbors import KNeighborsClassifier

from seedbed.errors import BadInput
from serve.model.card import Card, Feature, read_card

TABLE = pd.DataFrame({"a b": [1.0, 2.0, 3.0], "c": [3.0, 2.0, 1.0]})
ESTIMATOR = KNeighborsClassifier(1).fit(TABLE, ["x", "y", "10"])


def test_the_card_is_read_and_what_a_later_seedbed_tells_is_left_out(tmp_path: Path) -> None:
    told = {
        "title": "T",
        "classes": ["y", "x", "10"],
        "features": [{"name": "c", "unit": "cm", "label": "C", "later": 1}],
        "scores": [{"label": "accuracy", "text": "97 %", "value": 0.97, "low": None, "high": None}],
        "later": {},
    }
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "card.json").write_text(json.dumps(told), encoding="utf-8")
    card = read_card(tmp_path, ESTIMATOR)
    assert card.classes == ("y", "x", "10")
    assert card.features == (Feature(name="c", unit="cm", label="C"),)
    assert card.features[0].title == "C (cm)"
    assert card.scores[0].text == "97 %"


def test_classes_are_the_estimators_whatever_the_card_says(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    told = {"title": "T", "classes": ["y", "gone"], "features": []}
    (tmp_path / "page" / "card.json").write_text(json.dumps(told), encoding="utf-8")
    assert set(read_card(tmp_path, ESTIMATOR).classes) == {"y", "x", "10"}


def test_a_version_marked_by_hand_is_told_by_its_signature(tmp_path: Path) -> None:
    inputs = json.dumps([{"type": "double", "name": "a b", "required": True}, {"type": "double", "name": "c"}])
    (tmp_path / "MLmodel").write_text(yaml.safe_dump({"signature": {"inputs": inputs}}), encoding="utf-8")
    (tmp_path / "input_example.json").write_text('{"columns": ["a b", "c"], "data": [[1.5, 2]]}', encoding="utf-8")
    card = read_card(tmp_path, ESTIMATOR)
    assert [(feature.name, feature.value) for feature in card.features] == [("a b", 1.5), ("c", 2.0)]
    assert set(card.classes) == {"10", "x", "y"}


def test_without_a_signature_the_estimator_names_its_columns(tmp_path: Path) -> None:
    assert read_card(tmp_path, ESTIMATOR).columns == ["a b", "c"]
    nameless = KNeighborsClassifier(1).fit(TABLE.to_numpy(), ["x", "y", "z"])
    assert read_card(tmp_path, nameless).columns == ["feature_1", "feature_2"]


def test_every_unreadable_value_is_named_at_once() -> None:
    card = Card(
        title="T", features=(Feature(name="a", label="Length"), Feature(name="b"), Feature(name="c")), classes=()
    )
    with pytest.raises(BadInput) as raised:
        card.read_row([None, 1, "x"])
    assert str(raised.value) == "Length is empty: give a number. c is x, which is not a number."
    with pytest.raises(BadInput, match=r"^Length is too large: give a number below 1e\+100\. c is empty"):
        card.read_row([1e200, 1, ""])


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((5.1, 2.0), ["5.1", "2"]),
        ((1234567.25, 1234567.5), ["1234567.25", "1234567.5"]),
        ((2021.0, 2024.0), ["2021", "2024"]),
        ((0.0196, 0.0206), ["0.0196", "0.0206"]),
    ],
)
def test_values_of_a_column_never_print_alike(values: tuple[float, float], texts: list[str]) -> None:
    feature = Feature(name="x", low=min(values), high=max(values))
    assert [feature.format(value) for value in values] == texts
    whole = Feature(name="x", low=0, high=9_999_999, whole=True)
    assert whole.format(1234567) == "1234567" and Feature(name="x").format(0.25) == "0.25"
