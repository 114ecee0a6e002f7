"""API parameters from column names that are no identifiers."""

from __future__ import annotations

import inspect
import keyword
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from serve.http.api import _name_parameters, parameter_names
from serve.model.card import Feature


def test_identifiers_stay_as_they_are() -> None:
    assert parameter_names(["sepal_length", "größe", "_x"]) == ["sepal_length", "größe", "_x"]


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("class", "class_"),
        ("1st", "x1st"),
        ("a.b", "a_b"),
        ("a b (cm)", "a_b_cm"),
        ("", "x"),
        ("%", "x"),
        ("api_name", "api_name_"),
        ("None", "None_"),
        ("鳶尾", "鳶尾"),
        ("ﬁeld", "field"),
        ("a\nb", "a_b"),
    ],
)
def test_others_become_identifiers(column: str, name: str) -> None:
    assert parameter_names([column]) == [name]
    assert name.isidentifier() and not keyword.iskeyword(name)


def test_clashes_get_numbers_and_never_rename_an_identifier() -> None:
    assert parameter_names(["a.b", "a b", "a_b", "a_b_2", "a-b"]) == ["a_b_3", "a_b_4", "a_b", "a_b_2", "a_b_5"]


def test_names_are_stable_and_unique() -> None:
    columns = list(pd.Index(["x", "x ", " x", "x.", "class", "class_", "1", "x1"]))
    names = parameter_names(columns)
    assert len(set(names)) == len(columns) and names == parameter_names(columns)


def test_a_column_without_gaps_may_stand_behind_one_with_them() -> None:
    features = [Feature(name="bill", missing=0.1), Feature(name="year")]
    card: Any = SimpleNamespace(columns=["bill", "year"], features=features, target="species")

    def predict(*values: Any) -> Any:
        return values

    _name_parameters(predict, card)
    assert [parameter.default for parameter in inspect.signature(predict).parameters.values()] == [None, None]
