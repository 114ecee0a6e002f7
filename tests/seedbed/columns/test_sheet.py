"""A file as cells: training, the page's file tab and scoring read the same."""

from __future__ import annotations

import pytest

from seedbed.columns.sheet import PACKED, read_sheet, split_text
from seedbed.errors import BadInput


def cells(data: str | bytes) -> list[list[str]]:
    sheet = read_sheet(data if isinstance(data, bytes) else data.encode(), "t.csv")
    return [sheet.header, *sheet.rows]


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n1.5,a\n2,b\n",
        "x;y\n1.5;a\n2;b\n",
        "x\ty\r\n1.5\ta\r\n2\tb",
        "x|y\n1.5|a\n2|b\n",
        "sep=;\nx;y\n1.5;a\n2;b\n",
        "\nSEP=|\r\nx|y\n1.5|a\n2|b\n",
        "\n\nx,y\n\n1.5,a\n , \n2,b\n,\n",
        "x,y\r1.5,a\r2,b\r",
    ],
)
def test_a_separator_is_found(text: str) -> None:
    assert cells(text) == [["x", "y"], ["1.5", "a"], ["2", "b"]]


def test_the_separator_is_the_one_that_cuts_every_row_alike() -> None:
    assert cells('"a;b;c",label\n1,u\n2,v\n') == [["a;b;c", "label"], ["1", "u"], ["2", "v"]]
    assert cells("height (m,kg);w;label\n1,5;2,5;u\n1,5;3;v\n")[1] == ["1,5", "2,5", "u"]
    assert cells("a;b;label\n1;2\n3;4;u;5\n") == [["a", "b", "label"], ["1", "2"], ["3", "4", "u", "5"]]
    assert cells("alone\n1\n") == [["alone"], ["1"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_an_encoding_is_found(encoding: str) -> None:
    assert cells("größe,y\n1,é\n".encode(encoding)) == [["größe", "y"], ["1", "é"]]


def test_rows_know_their_lines() -> None:
    sheet = split_text('sep=,\n\nx,y\n1,"a\nb"\n\n2,c\n', "t.csv")
    assert sheet.lines == [4, 7] and sheet.rows == [["1", "a\nb"], ["2", "c"]]
    frame = sheet.to_frame("t.csv")
    assert frame.index.tolist() == [4, 7] and frame["y"].tolist() == ["a\nb", "c"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "t.csv is empty."),
        (b"\n , \n", "t.csv is empty."),
        (b"x,y\n", "t.csv has a header and no rows."),
        (b"x,y\n1,a\n2,b\n3,c\n", "t.csv has more than 2 rows, the most that are taken at once: split it."),
        (b'x,y\n1,"a\n2,b\n', "t.csv is not a CSV with one header line: the quote in line 2 is never closed."),
        (b"x,y\n1,a\0\n", "t.csv is not a text file (it contains NUL bytes): save the table as CSV."),
        (b"\xff\xfe\x00", "t.csv is not a text file"),
        *((mark + b"...", "t.csv is packed: unpack it first, or use gzip.") for mark in PACKED),
    ],
)
def test_what_is_not_a_table_is_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(BadInput) as raised:
        read_sheet(data, "t.csv", most_rows=2)
    assert str(raised.value).startswith(words) and str(raised.value).endswith(".")


def test_exactly_the_most_rows_are_taken() -> None:
    assert len(read_sheet(b"x,y\n1,a\n2,b\n\n", "t.csv", most_rows=2).rows) == 2
