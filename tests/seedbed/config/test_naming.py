"""What a table's experiment and registered model are called, and words that can be pasted."""

from __future__ import annotations

import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from seedbed.config.naming import format_name_override, format_values, quote_override, resolve_dataset_name
from seedbed.config.schema import Dataset
from seedbed.errors import BadInput


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
    assert resolve_dataset_name(Dataset(path=path)) == name


@pytest.mark.parametrize("name", ["team/data", "a\\b", "a:b", "  ", "a\nb", ".", "..", "é" * 101, """it's "it\""""])
def test_names_that_no_registered_model_can_have(name: str) -> None:
    with pytest.raises(BadInput, match=r"^dataset\.name="):
        resolve_dataset_name(Dataset(path="x.csv", name=name))


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
