"""What a table's experiment and registered model are called, and words that can be pasted."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from seedbed.config.dataset import Dataset
from seedbed.config.naming import format_command, format_values, make_override, quote_override, resolve_dataset_name
from seedbed.config.schema import Promote
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
        ("/data/team:data.csv", "team_data"),
        ("""/data/it's "it".csv""", "it's _it_"),
        ('/data/the "it".csv', 'the "it"'),
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


ODD = [
    "a,b.csv",
    "it's",
    'a"b',
    "a\\",
    'a\\"b',
    "${x}",
    "null",
    "1e3",
    "true",
    "a b",
    "größe",
    "[a]",
    "010",
    "~/x",
    "a=b",
]


@pytest.mark.parametrize("value", [*ODD, "wine", "/data/wine.v2-b.csv", "sqlite:////a/b.db"])
def test_a_pasted_override_gives_the_value_back(value: str, config_of: Callable[..., Any]) -> None:
    command = format_command("promote", make_override("run", value), name="x", uri="")
    config = config_of(Promote, *shlex.split(command)[2:])
    assert (config.run, config.dataset.name) == (value, "x")


def test_what_needs_no_quotes_has_none() -> None:
    for value in ("wine", "/data/wine.v2-b.csv", "sqlite:////a/b.db"):
        assert make_override("k", value) == f"k={value}"


@pytest.mark.parametrize(
    ("program", "words", "name", "uri", "typed"),
    [
        ("promote", (), "iris", "", "python experiments/promote.py"),
        ("serve", (), "wine", "", "python -m serve dataset.name=wine"),
        ("compare", (), "a,b", "", """python experiments/compare.py 'dataset.name="a,b"'"""),
        (
            "train -m",
            ("split.seed=range(0,3)",),
            "iris",
            "sqlite:////a b/m.db",
            """python experiments/train.py -m 'split.seed=range(0,3)' 'tracking.uri="sqlite:////a b/m.db"'""",
        ),
    ],
)
def test_a_command_names_table_and_store_unless_they_are_the_usual_ones(
    program: str, words: tuple[str, ...], name: str, uri: str, typed: str
) -> None:
    assert format_command(program, *words, name=name, uri=uri) == typed


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
