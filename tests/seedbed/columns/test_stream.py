"""A file in pieces is the same as the file at once."""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from seedbed.columns.stream import Piece, read_pieces
from seedbed.errors import BadInput


def pieces(data: bytes, rows: int = 2) -> list[Piece]:
    def choose(header: Sequence[str]) -> dict[str, int]:
        return {name: index for index, name in enumerate(header) if name != "other"}

    return list(read_pieces(io.BytesIO(data), "x", choose, rows))


def read(data: bytes, rows: int = 2) -> tuple[list[int], dict[str, list[Any]]]:
    found = pieces(data, rows)
    lines = [line for piece in found for line in piece.lines]
    return lines, {name: [cell for piece in found for cell in piece.cells[name]] for name in found[0].cells}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_separators_are_found_out(encoding: str, separator: str, end: str) -> None:
    rows = [["size", "other", "grüße"], ["1.5", "x", '"ä, b; c"'], ["", "", ""], ["3", "y"], ["4", "z", "ü"]]
    text = end.join([*map(separator.join, rows[:3]), "", *map(separator.join, rows[3:])])
    expected = [2, 3, 5, 6], {"size": ["1.5", "", "3", "4"], "grüße": ["ä, b; c", "", "", "ü"]}
    assert read(text.encode(encoding)) == expected
    assert read(gzip.compress(text.encode(encoding), mtime=0), rows=3) == expected


def test_a_row_may_have_several_lines_and_a_first_line_say_the_separator() -> None:
    assert read(b'sep=|\na|b\n"1\n2"|3\n4|5\n') == ([3, 5], {"a": ["1\n2", "4"], "b": ["3", "5"]})


def test_more_cells_than_the_header_has_are_told_unless_they_are_empty() -> None:
    first, second = pieces(b"a,b\n1,2,,\n1,2,3\n1\n")
    assert (dict(first.uneven), dict(second.uneven)) == ({1: "has 3 cells, and the header 2"}, {})
    assert first.locate(1) == "line 3"


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("text", "said"),
    [('a\n1\n"2\n3\n', "the quote in line 3 is never closed"), ("a\n" + "x" * 200_000, "field larger")],
)
def test_what_is_no_table_is_said_whatever_the_pieces(text: str, said: str, rows: int) -> None:
    with pytest.raises(BadInput, match=said):
        pieces(text.encode(), rows)


def test_a_parquet_file_has_numbers_and_objects() -> None:
    frame = pd.DataFrame({"b": [1, 2, 3], "other": 0, "a": ["x", None, "y"], "c": [True, None, False]})
    file = io.BytesIO()
    frame.to_parquet(file)
    lines, cells = read(file.getvalue())
    assert lines == [1, 2, 3] and cells == {"b": [1.0, 2.0, 3.0], "a": ["x", None, "y"], "c": [True, None, False]}
