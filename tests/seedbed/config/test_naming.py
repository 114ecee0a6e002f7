"""What a table's experiment and registered model are called."""

from __future__ import annotations

import pytest

from seedbed.config.naming import resolve_dataset_name
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
