"""A CSV of rows to predict, read from bytes: what is in it, and what is wrong by row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from serve.model.card import Card
from serve.model.values import Unreadable, number_of

_SEPARATORS = ",;\t|"
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


class BadUpload(Exception):
    """A file cannot be read at all; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """The rows of a file.

    `header` and `cells` are the file's own text, every column of it; `numbers` has one list a row in the card's
    order, None where the row cannot be read; `troubles` says why, by row and column.
    """

    header: list[str]
    cells: list[list[str]]
    numbers: list[list[float] | None]
    troubles: list[str]


def read_upload(data: bytes, card: Card, *, max_rows: int) -> Upload:
    """Return the rows of a CSV file.

    Parameters
    ----------
    data : the file as it came; any of the usual encodings, separators and decimal marks.
    card : says which columns are needed; others are kept.
    max_rows : that are read.

    Raises
    ------
    BadUpload : where it is no table, lacks a column, or has more rows.
    """
    if data.startswith(_PACKED):
        raise BadUpload("The file is packed: unpack it first.")
    header, cells = _table(_text(data), max_rows)
    places = _places(header, card)
    numbers: list[list[float] | None] = []
    troubles: list[str] = []
    for row, texts in enumerate(cells, start=1):
        found, wrong = _row(texts, places, card)
        numbers.append(found if not wrong else None)
        troubles += [f"Row {row}: {trouble}" for trouble in wrong]
    return Upload(header=header, cells=cells, numbers=numbers, troubles=troubles)


def _text(data: bytes) -> str:
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadUpload("The file is no text: save the table as CSV.")
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadUpload("The file is no text that can be read: save it as CSV in UTF-8.")


def _table(text: str, max_rows: int) -> tuple[list[str], list[list[str]]]:
    separator, text = _separator(text)
    header: list[str] = []
    cells: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if not any(cell.strip() for cell in row):
                continue  # an empty line is no row
            if not header:
                header = [cell.strip() for cell in row]
            elif len(cells) == max_rows:
                raise BadUpload(f"The file has more than {max_rows} rows, the most that are taken at once: split it.")
            else:
                cells.append(row)
    except csv.Error as error:
        raise BadUpload(f"The file is no CSV: {error}.") from error
    if not header:
        raise BadUpload("The file is empty.")
    if not cells:
        raise BadUpload("The file has a header, but no rows.")
    return header, cells


def _separator(text: str) -> tuple[str, str]:
    """Return what stands between two cells, and the text without the line in which a spreadsheet says so."""
    first, _, rest = text.lstrip().partition("\n")
    if (told := first.strip().lower()).startswith("sep=") and len(told) == 5:
        return told[4], rest
    return max(_SEPARATORS, key=first.count), text


def _places(header: Sequence[str], card: Card) -> list[int]:
    """Return where each column of the card stands in the file."""
    wanted = [column.strip() for column in card.columns]
    if missing := [column for column in wanted if column not in header]:
        raise BadUpload(f"The file has no column {', '.join(missing)}; it needs {', '.join(wanted)}.")
    if double := [column for column in wanted if header.count(column) > 1]:
        raise BadUpload(f"The file has more than one column {', '.join(double)}.")
    return [header.index(column) for column in wanted]


def _row(texts: Sequence[str], places: Sequence[int], card: Card) -> tuple[list[float], list[str]]:
    numbers, wrong = [], []
    for place, column in zip(places, card.columns, strict=True):
        try:
            numbers.append(number_of(texts[place] if place < len(texts) else "", f"column {column}"))
        except Unreadable as trouble:
            wrong.append(str(trouble).replace(": type a number.", ".").replace(": type one.", "."))
    return numbers, wrong
