"""MLflow's scoring protocol: from a request's body to rows of numbers, and what it refuses with which status."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seedbed.columns.cells import Empty, Unreadable, read_number, read_numbers
from seedbed.columns.sheet import split_text
from seedbed.errors import BadInput

Rows = npt.NDArray[np.float64]

_FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")


class Refused(Exception):
    """A request cannot be answered; `status` is the one that MLflow's own server gives."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def rows_of(body: bytes, content_type: str, columns: Sequence[str]) -> Rows:
    """Return the rows of a request, one number a column, NaN where a value is missing.

    Parameters
    ----------
    body : CSV, or JSON with one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`.
    content_type : as the request has it.
    columns : of the model, in its order; others in the request are left out.

    Raises
    ------
    Refused : 415 for a type that is not read, 400 for what cannot be read.
    """
    kind = _kind(content_type)
    try:
        text = body.decode("utf-8")
        rows = _from_csv(text, columns) if kind == "text/csv" else _from_json(text, columns)
    except BadInput as error:
        raise Refused(400, str(error)) from error
    except (ValueError, RecursionError) as error:  # json's own are ValueErrors, and so is a number of too many digits
        raise Refused(400, f"The request cannot be read: {error}.") from error
    if not len(rows):
        raise Refused(400, "The request has no rows.")
    return rows


def _kind(content_type: str) -> str:
    kind, *parameters = (part.strip() for part in content_type.split(";"))
    told = {name: value for name, _, value in (parameter.partition("=") for parameter in parameters)}
    if told.pop("charset", "utf-8").lower() != "utf-8":
        raise Refused(415, "Only UTF-8 is read.")
    if told:
        raise Refused(415, f"The content type has parameters that are not known: {', '.join(told)}.")
    if kind not in ("text/csv", "application/json"):
        raise Refused(415, f"Only text/csv and application/json are read, not {content_type!r}.")
    return kind


def _from_csv(text: str, columns: Sequence[str]) -> Rows:
    sheet = split_text(text, "The request")
    _require(columns, sheet.header)
    found = {name: read_numbers(sheet.column(sheet.header.index(name))) for name in columns}
    for name, (_, troubles) in found.items():
        if bad := [row for row, trouble in troubles.items() if not isinstance(trouble, Empty)]:
            raise Refused(400, f"Line {sheet.lines[bad[0]]}: column {name} {troubles[bad[0]].reason}.")
    return np.column_stack([numbers for numbers, _ in found.values()])


def _from_json(text: str, columns: Sequence[str]) -> Rows:
    told = json.loads(text)
    formats = [name for name in _FORMATS if isinstance(told, Mapping) and name in told]
    if len(formats) != 1:
        raise Refused(400, f"The request is a JSON object with exactly one of {', '.join(_FORMATS)}.")
    (name,) = formats
    readers = {"dataframe_split": _split, "dataframe_records": _records, "instances": _instances, "inputs": _inputs}
    return readers[name](told[name], columns)


def _split(told: Any, columns: Sequence[str]) -> Rows:
    if not isinstance(told, Mapping) or "data" not in told or not set(told) <= {"columns", "data", "index"}:
        raise Refused(400, "dataframe_split is an object with data, columns and, if wanted, index.")
    data, names, index = told["data"], told.get("columns") or [], told.get("index")
    if not isinstance(data, list) or not isinstance(names, list):
        raise Refused(400, "The data of dataframe_split is a list of rows, and its columns are a list of names.")
    if index is not None and (not isinstance(index, list) or len(index) != len(data)):
        raise Refused(400, "The index of dataframe_split is a list as long as its data.")
    _require(columns, names)
    if any(not isinstance(row, list) or len(row) != len(names) for row in data):
        raise Refused(400, f"Each row of dataframe_split is a list of {len(names)} values.")
    places = [names.index(name) for name in columns]
    return np.array([[_number(row[place]) for place in places] for row in data], float)


def _records(told: Any, columns: Sequence[str]) -> Rows:
    if not isinstance(told, list) or any(not isinstance(record, Mapping) for record in told):
        raise Refused(400, "dataframe_records is a list of objects.")
    _require(columns, list(dict.fromkeys(name for record in told for name in record)))
    return np.array([[_number(record.get(name)) for name in columns] for record in told], float)


def _instances(told: Any, columns: Sequence[str]) -> Rows:
    rows = _records(told, columns)
    if any(name not in record for record in told for name in columns):
        raise Refused(400, "Each of the instances has a value for every column.")
    return rows


def _inputs(told: Any, columns: Sequence[str]) -> Rows:
    if not isinstance(told, Mapping):
        return _records(told, columns)
    _require(columns, list(told))
    lists = [told[name] if isinstance(told[name], list) else [told[name]] for name in columns]
    if len({len(values) for values in lists}) != 1:
        raise Refused(400, "The inputs of all columns have the same number of values.")
    return np.array([[_number(value) for value in row] for row in zip(*lists, strict=True)], float)


def _require(columns: Sequence[str], names: Sequence[Any]) -> None:
    if missing := [name for name in columns if name not in names]:
        raise Refused(400, f"The request has no column {', '.join(missing)}; the model takes {', '.join(columns)}.")
    if double := [name for name in columns if names.count(name) > 1]:
        raise Refused(400, f"The request has more than one column {', '.join(double)}.")


def _number(value: Any) -> float:
    if value is None:
        return np.nan
    try:
        return float(value) if isinstance(value, bool | float) else read_number(value)
    except Unreadable as trouble:
        raise Refused(400, f"A value {trouble.reason}.") from None
