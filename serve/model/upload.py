"""A file of rows: what is in it, what is wrong by line and column, and the file again with its predictions."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from seedbed.columns.cells import Unreadable, read_number
from seedbed.columns.rows import match_columns, read_rows
from seedbed.columns.sheet import read_sheet
from serve.model.card import Card, Cell
from serve.model.predictions import Prediction
from serve.model.source import ServedModel

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """The rows of a file.

    `header` and `cells` are the file's own text, every column of it; `rows` has one list a row in the card's order,
    None for a row that cannot be read; `troubles` says why, by line and column.
    """

    header: list[str]
    cells: list[list[str]]
    rows: list[list[Cell] | None]
    troubles: list[str]


def read_upload(data: bytes, card: Card, *, max_rows: int, max_bytes: int | None = None) -> Upload:
    """Return the rows of a file, from its bytes; columns beyond those that the card needs are kept.

    Raises
    ------
    BadInput : it is not a table, lacks a column, or has more than `max_rows`, or than `max_bytes` unpacked.
    """
    sheet = read_sheet(data, "The file", most_rows=max_rows, most_bytes=max_bytes)
    header = [name.strip() for name in sheet.header]
    found = match_columns(card.features, header, "The file")
    frame, troubles = read_rows(card.features, {name: sheet.column(index) for name, index in found.items()})
    rows = frame.astype(object).to_numpy().tolist()
    return Upload(
        header=header,
        cells=sheet.rows,
        rows=[None if index in troubles else row for index, row in enumerate(rows)],
        troubles=[
            f"Line {sheet.lines[index]}: column {name} {trouble}."
            for index, wrong in sorted(troubles.items())
            for name, trouble in wrong.items()
        ],
    )


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
