"""MLflow's scoring protocol: from a request's body to rows of numbers, and what it refuses with which status."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seedbed.columns.cells import Empty, Unreadable, read_number, read_numbers
from seedbed.columns.sheet import split_text
from seedbed.errors import BadInput

Rows = npt.NDArray[np.float64]


class Refused(Exception):
    """A request cannot be answered; `status` is the one that MLflow's own server gives."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_request(body: bytes, content_type: str, columns: Sequence[str]) -> Rows:
    """Return the rows of a request, one number a column, NaN for a missing value.

    Parameters
    ----------
    body : CSV, or JSON with one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`.
    content_type : as the request has it.
    columns : of the model, in its order; others in the request are left out.

    Raises
    ------
    Refused : 415 for a type that is not read, 400 for what cannot be read.
    """
    read = _read_csv if _check_type(content_type) == "text/csv" else _read_json
    try:
        rows = read(body.decode("utf-8-sig"), columns)
    except BadInput as error:
        raise Refused(400, str(error)) from error
    except (ValueError, RecursionError) as error:  # json's own are ValueErrors, and so is a number of too many digits
        raise Refused(400, f"The request cannot be read: {error}.") from error
    if not len(rows):
        raise Refused(400, "The request has no rows.")
    return rows


def _check_type(content_type: str) -> str:
    kind, *parameters = (part.strip() for part in content_type.split(";"))
    named = {name: value for name, _, value in (parameter.partition("=") for parameter in parameters)}
    if named.pop("charset", "utf-8").lower() != "utf-8":
        raise Refused(415, "Only UTF-8 is read.")
    if named:
        raise Refused(415, f"The content type has parameters that are not known: {', '.join(named)}.")
    if kind not in ("text/csv", "application/json"):
        raise Refused(415, f"Only text/csv and application/json are read, not {content_type!r}.")
    return kind


def _read_csv(text: str, columns: Sequence[str]) -> Rows:
    sheet = split_text(text, "The request")
    _require(columns, sheet.header)
    found = []
    for name in columns:
        numbers, troubles = read_numbers(sheet.column(sheet.header.index(name)))
        found.append(numbers)
        for row, trouble in troubles.items():
            if not isinstance(trouble, Empty):
                raise Refused(400, f"Line {sheet.lines[row]}: column {name} {trouble}.")
    return np.column_stack(found)


def _read_json(text: str, columns: Sequence[str]) -> Rows:
    request = json.loads(text)
    formats = [name for name in _READERS if isinstance(request, Mapping) and name in request]
    if len(formats) != 1:
        raise Refused(400, f"The request is not a JSON object with exactly one of {', '.join(_READERS)}.")
    rows = _READERS[formats[0]](request[formats[0]], columns)
    numbers = [[_read_value(value, name) for name, value in zip(columns, row, strict=True)] for row in rows]
    return np.array(numbers, float)


def _read_split(content: Any, columns: Sequence[str]) -> Iterable[Iterable[Any]]:
    if not isinstance(content, Mapping) or "data" not in content or not set(content) <= {"columns", "data", "index"}:
        raise Refused(400, "dataframe_split is an object with data, columns and, if wanted, index.")
    data, names, index = content["data"], content.get("columns") or [], content.get("index")
    if not isinstance(data, list) or not isinstance(names, list):
        raise Refused(400, "The data of dataframe_split is a list of rows, and its columns are a list of names.")
    if index is not None and (not isinstance(index, list) or len(index) != len(data)):
        raise Refused(400, "The index of dataframe_split is a list as long as its data.")
    _require(columns, names)
    if any(not isinstance(row, list) or len(row) != len(names) for row in data):
        raise Refused(400, f"Each row of dataframe_split is a list of {len(names)} values.")
    indices = [names.index(name) for name in columns]
    return ([row[index] for index in indices] for row in data)


def _read_records(content: Any, columns: Sequence[str]) -> Iterable[Iterable[Any]]:
    if not isinstance(content, list) or any(not isinstance(record, Mapping) for record in content):
        raise Refused(400, "dataframe_records is a list of objects.")
    _require(columns, list(dict.fromkeys(name for record in content for name in record)))
    return ([record.get(name) for name in columns] for record in content)


def _read_instances(content: Any, columns: Sequence[str]) -> Iterable[Iterable[Any]]:
    rows = _read_records(content, columns)
    if any(name not in record for record in content for name in columns):
        raise Refused(400, "Each of the instances has a value for every column.")
    return rows


def _read_inputs(content: Any, columns: Sequence[str]) -> Iterable[Iterable[Any]]:
    if not isinstance(content, Mapping):
        return _read_records(content, columns)
    _require(columns, list(content))
    lists = [content[name] if isinstance(content[name], list) else [content[name]] for name in columns]
    if len({len(values) for values in lists}) != 1:
        raise Refused(400, "The inputs of all columns have the same number of values.")
    return zip(*lists, strict=True)


_READERS = {
    "dataframe_split": _read_split,
    "dataframe_records": _read_records,
    "instances": _read_instances,
    "inputs": _read_inputs,
}


def _require(columns: Sequence[str], names: Sequence[Any]) -> None:
    if missing := [name for name in columns if name not in names]:
        raise Refused(400, f"The request has no column {', '.join(missing)}; the model takes {', '.join(columns)}.")
    if double := [name for name in columns if names.count(name) > 1]:
        raise Refused(400, f"The request has more than one column {', '.join(double)}.")


def _read_value(value: Any, column: str) -> float:
    if value is None:
        return np.nan
    try:
        return float(value) if isinstance(value, bool | float) else read_number(value)
    except Unreadable as trouble:
        raise Refused(400, f"Column {column} {trouble}.") from None
