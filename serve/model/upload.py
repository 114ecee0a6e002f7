"""A file of rows: what is in it, what is wrong by line and column, and the file again with its predictions."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from seedbed.columns.cells import LARGEST, Unreadable, read_number, read_numbers
from seedbed.columns.sheet import read_sheet
from seedbed.errors import BadInput
from serve.model.card import Card
from serve.model.predictions import Prediction
from serve.model.source import ServedModel

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """The rows of a file.

    `header` and `cells` are the file's own text, every column of it; `numbers` has one list a row in the card's
    order, None for a row that cannot be read; `troubles` says why, by line and column.
    """

    header: list[str]
    cells: list[list[str]]
    numbers: list[list[float] | None]
    troubles: list[str]


def read_upload(data: bytes, card: Card, *, max_rows: int) -> Upload:
    """Return the rows of a file, from its bytes; columns beyond those that the card needs are kept.

    Raises
    ------
    BadInput : it is not a table, lacks a column, or has more than `max_rows`.
    """
    sheet = read_sheet(data, "The file", most_rows=max_rows)
    header = [name.strip() for name in sheet.header]
    read = [read_numbers(sheet.column(index), largest=LARGEST) for index in _find_columns(header, card)]
    columns = dict(zip(card.columns, read, strict=True))
    numbers: list[list[float] | None] = []
    troubles: list[str] = []
    for row, line in enumerate(sheet.lines):
        wrong = {name: bad[row] for name, (_, bad) in columns.items() if row in bad}
        numbers.append(None if wrong else [float(values[row]) for values, _ in read])
        troubles += [f"Line {line}: column {name} {trouble}." for name, trouble in wrong.items()]
    return Upload(header=header, cells=sheet.rows, numbers=numbers, troubles=troubles)


def _find_columns(header: Sequence[str], card: Card) -> list[int]:
    """Return the index of each column of the card in the file."""
    needed = [column.strip() for column in card.columns]
    if missing := [column for column in needed if column not in header]:
        raise BadInput(f"The file has no column {', '.join(missing)}; it needs {', '.join(needed)}.")
    if double := [column for column in needed if header.count(column) > 1]:
        raise BadInput(f"The file has more than one column {', '.join(double)}.")
    return [header.index(column) for column in needed]


def format_download(model: ServedModel, upload: Upload, predictions: Sequence[Prediction | None]) -> str:
    """Return the file again as CSV with the predictions beside its own columns; unread rows are left empty there.

    A text that a spreadsheet would run as a formula is defused; numbers stay as they are.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    header = [*upload.header, "prediction"]
    if model.gives_probabilities:
        header += [*(f"probability {name}" for name in model.card.classes), "tie"]
    writer.writerow(map(defuse, header))
    width = len(upload.header)
    for cells, found in zip(upload.cells, predictions, strict=True):
        own = [*cells, *[""] * width][:width]
        if found is not None:
            shares = (f"{share:.6g}" for share in found.probabilities.values())
            own += [found.predicted, *shares, " = ".join(found.tied)]
        writer.writerow(map(defuse, [*own, *[""] * len(header)][: len(header)]))
    return text.getvalue()


def defuse(cell: str) -> str:
    """Return a cell as a spreadsheet shows it without running it: a formula gets an apostrophe in front."""
    if not cell.lstrip(" ").startswith(_FORMULA):
        return cell
    try:
        read_number(cell, comma=True)
    except Unreadable:
        return f"'{cell}"
    return cell
