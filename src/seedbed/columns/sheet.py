"""A file's bytes as cells under a header: its encoding and separator are found out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

import pandas as pd

from seedbed.errors import BadInput, clip

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")  # the first one that fits, unless the file begins with a mark
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")  # gzip, zip, bzip2, xz, zstandard

_SAMPLE = 20  # rows by which a separator is judged
_END = "\0"  # a row of its own after the last one, unless a quote is still open there


@dataclass(frozen=True, eq=False)
class Sheet:
    """The cells of a file, as text.

    Attributes
    ----------
    header : name of each column, as it stands there.
    rows : cells of each row that has any; as many as it has, which may be fewer or more than the header's.
    lines : number of the line that each row begins in.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def column(self, index: int) -> list[str]:
        """Return the cells of one column; a row that ends before it has an empty one."""
        return [row[index] if index < len(row) else "" for row in self.rows]

    def to_frame(self) -> pd.DataFrame:
        """Return the cells as a frame of text whose index is the lines."""
        columns = {name: self.column(index) for index, name in enumerate(self.header)}
        return pd.DataFrame(columns, index=self.lines, dtype="str")


def read_sheet(data: bytes, name: str, *, most_rows: int | None = None) -> Sheet:
    """Return the cells of a file.

    Parameters
    ----------
    data : the file; in any of the usual encodings and separators.
    name : how to call it in an error.
    most_rows : that are taken; None for all.

    Raises
    ------
    BadInput : it is not a table of text, has no rows, or more than `most_rows`.
    """
    if data.startswith(PACKED):
        raise BadInput(f"{name} is packed: unpack it first.")
    return split_text(_decode(data, name), name, most_rows=most_rows)


def split_text(text: str, name: str, *, most_rows: int | None = None) -> Sheet:
    """Return the cells of a text; see `read_sheet`."""
    # A spreadsheet's first line may say what separates cells.
    stated = re.match(r"\s*sep=(.)[^\S\n]*\n", text, re.IGNORECASE)
    skipped = stated.group().count("\n") if stated else 0
    text = text[stated.end() :] if stated else text
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for line, row in _split(text, stated[1] if stated else find_separator(text)):
            if most_rows is not None and len(rows) > most_rows + 1:
                raise BadInput(f"{name} has more than {most_rows} rows, the most that are taken at once: split it.")
            rows.append(row)
            lines.append(line + skipped)
    except csv.Error as error:
        raise BadInput(f"{name} is not a CSV with one header line: {clip(error)}.") from error
    if rows.pop() != [_END]:
        raise BadInput(f"{name} is not a CSV with one header line: the quote in line {lines[-1]} is never closed.")
    if not rows:
        raise BadInput(f"{name} is empty.")
    if len(rows) == 1:
        raise BadInput(f"{name} has a header and no rows.")
    return Sheet(header=rows[0], rows=rows[1:], lines=lines[1:-1])


def _decode(data: bytes, name: str) -> str:
    encodings = next(((encoding,) for mark, encoding in MARKS.items() if data.startswith(mark)), ENCODINGS)
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise BadInput(f"{name} is not a text file (it contains NUL bytes): save the table as CSV.")


def _split(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line that each row begins in, and its cells; a row of empty cells alone is none."""
    reader = csv.reader(chain(io.StringIO(text, newline=""), [_END]), delimiter=separator)
    line = 1
    for row in reader:
        if any(cell.strip() for cell in row):
            yield line, row
        line = reader.line_num + 1


def find_separator(text: str) -> str:
    """Return what cuts the first rows into as many cells as the header; else what cuts the header into most."""
    widths = {}
    for separator in SEPARATORS:
        sample = [len(row) for _, row in islice(_split(text, separator), _SAMPLE) if row != [_END]] or [1]
        if set(sample) == {sample[0]} and sample[0] > 1:
            return separator
        widths[separator] = sample[0]
    return max(widths, key=lambda separator: widths[separator])
