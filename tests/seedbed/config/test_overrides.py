"""Overrides as one types them: quoted for shell and Hydra, and as short as they can be."""

from __future__ import annotations

import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from seedbed.config.overrides import format_name_override, format_values, quote_override


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("a,b.csv", """'k="a,b.csv"'"""),
        ('a"b', """'k="a\\"b"'"""),
        ("it's", """'k="it'"'"'s"'"""),
        ("a\\", """'k="a\\\\"'"""),
    ],
)
def test_a_value_is_quoted_for_a_shell_and_for_hydra(value: str, typed: str) -> None:
    assert quote_override("k", value) == typed
    (word,) = shlex.split(typed)
    assert OverridesParser.create().parse_override(word).value() == value


@pytest.mark.parametrize(
    ("name", "word"), [("iris", ""), ("wine", " dataset.name=wine"), ("a,b", """ 'dataset.name="a,b"'""")]
)
def test_a_hint_names_every_table_but_the_default_one(name: str, word: str) -> None:
    assert format_name_override(name) == word


@pytest.mark.parametrize(
    ("values", "typed"),
    [
        (range(1, 61), "range(1,61)"),
        (range(0, 10, 3), "range(0,10,3)"),
        ([1, 2, 3], "1,2,3"),
        ([1, 2, 4, 8], "1,2,4,8"),
        ([1e-05, 0.1, 1.0], "1e-05,0.1,1"),
        (["a", "b"], "a,b"),
    ],
)
def test_values_are_written_as_one_types_them(values: list[object], typed: str) -> None:
    assert format_values(values) == typed
