"""API parameters from column names that are no identifiers."""

from __future__ import annotations

import keyword

import pandas as pd
import pytest

from serve.http.api import parameter_names


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
