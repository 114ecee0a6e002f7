"""MLflow's scoring protocol: from a request's body to rows of cells, and what it refuses with which status."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seedbed.columns.schema import Column, Kind, Schema, is_plain, read_frame
from seedbed.columns.sheet import split_text
from seedbed.errors import BadInput, clip

Rows = npt.NDArray[Any]  # doubles, or objects of a table with categories or gaps


class Refused(Exception):
    """A request cannot be answered; `status` is the one that MLflow's own server gives."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_request(body: bytes, content_type: str, schema: Schema) -> Rows:
    """Return the rows of a request, one cell a column, NaN or None for a missing value.

    Parameters
    ----------
    body : CSV, or JSON with one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`.
    content_type : as the request has it.
    schema : of the model; other columns in the request are left out, and one that is not there is missing in each row,
        which a model of numbers without gaps does not take.

    Raises
    ------
    Refused : 415 for a type that is not read, 400 for what cannot be read.
    """
    read = _read_csv if _check_type(content_type) == "text/csv" else _read_json
    try:
        rows = read(body.decode("utf-8-sig"), schema)
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


def _read_csv(text: str, schema: Schema) -> Rows:
    sheet = split_text(text, "The request")
    _require(schema, sheet.header)
    cells = {one.name: sheet.column(sheet.header.index(one.name)) for one in schema if one.name in sheet.header}
    return _read_rows(schema, cells, [f"Line {line}: column" for line in sheet.lines])


def _read_json(text: str, schema: Schema) -> Rows:
    request = json.loads(text)
    formats = [name for name in _READERS if isinstance(request, Mapping) and name in request]
    if len(formats) != 1:
        raise Refused(400, f"The request is not a JSON object with exactly one of {', '.join(_READERS)}.")
    found = _READERS[formats[0]](request[formats[0]], schema)
    rows = [[_read_value(value, column) for column, value in zip(schema, row, strict=True)] for row in found]
    if is_plain(schema):
        return np.array(rows, float)
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    cells = {column.name: values for column, values in zip(schema, columns, strict=True)}
    return _read_rows(schema, cells, ["Column"] * len(rows))


def _read_rows(schema: Schema, cells: Mapping[str, Sequence[object]], places: Sequence[str]) -> Rows:
    frame, troubles = read_frame(schema, cells)
    for row, found in troubles.items():
        for name, trouble in found.items():
            raise Refused(400, f"{places[row]} {name} {trouble}.")
    return frame.to_numpy(float if is_plain(schema) else object)


def _read_split(content: Any, schema: Schema) -> Iterable[Iterable[Any]]:
    if not isinstance(content, Mapping) or "data" not in content or not set(content) <= {"columns", "data", "index"}:
        raise Refused(400, "dataframe_split is an object with data, columns and, if wanted, index.")
    data, names, index = content["data"], content.get("columns") or [], content.get("index")
    if not isinstance(data, list) or not isinstance(names, list):
        raise Refused(400, "The data of dataframe_split is a list of rows, and its columns are a list of names.")
    if index is not None and (not isinstance(index, list) or len(index) != len(data)):
        raise Refused(400, "The index of dataframe_split is a list as long as its data.")
    _require(schema, names)
    if any(not isinstance(row, list) or len(row) != len(names) for row in data):
        raise Refused(400, f"Each row of dataframe_split is a list of {len(names)} values.")
    indices = [names.index(column.name) if column.name in names else None for column in schema]
    return ([None if index is None else row[index] for index in indices] for row in data)


def _read_records(content: Any, schema: Schema) -> Iterable[Iterable[Any]]:
    if not isinstance(content, list) or any(not isinstance(record, Mapping) for record in content):
        raise Refused(400, "dataframe_records is a list of objects.")
    _require(schema, list(dict.fromkeys(name for record in content for name in record)))
    return ([record.get(column.name) for column in schema] for record in content)


def _read_instances(content: Any, schema: Schema) -> Iterable[Iterable[Any]]:
    rows = _read_records(content := _write_texts(content, schema), schema)
    if any(len({column.name in record for record in content}) > 1 for column in schema):
        raise Refused(400, "Each of the instances has a value for every column.")
    return rows


def _read_inputs(content: Any, schema: Schema) -> Iterable[Iterable[Any]]:
    content = _write_texts(content, schema)
    if not isinstance(content, Mapping):
        return _read_records(content, schema)
    _require(schema, list(content))
    lists = {name: values if isinstance(values, list) else [values] for name, values in content.items()}
    lengths = {len(lists[column.name]) for column in schema if column.name in lists}
    if len(lengths) != 1:
        raise Refused(400, "The inputs of all columns have the same number of values.")
    gaps = [None] * lengths.pop()
    return zip(*(lists.get(column.name, gaps) for column in schema), strict=True)


def _write_texts(content: Any, schema: Schema) -> Any:
    """Return inputs or instances as MLflow's server has them: in a column that is not of numbers all is text.

    A null is the text `None` there, which as a category is not a gap.
    """

    def write(value: Any) -> Any:
        return list(map(write, value)) if isinstance(value, list) else str(value)

    if isinstance(content, list):
        return [_write_texts(each, schema) for each in content]
    texts = {column.name for column in schema if column.kind is not Kind.NUMBER}
    known = isinstance(content, Mapping) and texts
    return {name: write(value) if name in texts else value for name, value in content.items()} if known else content


_READERS = {
    "dataframe_split": _read_split,
    "dataframe_records": _read_records,
    "instances": _read_instances,
    "inputs": _read_inputs,
}


def _require(schema: Schema, names: Sequence[Any]) -> None:
    columns = [column.name for column in schema]
    if (missing := [name for name in columns if name not in names]) and is_plain(schema):
        raise Refused(400, f"The request has no column {', '.join(missing)}; the model takes {', '.join(columns)}.")
    if double := [name for name in columns if names.count(name) > 1]:
        raise Refused(400, f"The request has more than one column {', '.join(double)}.")


def _read_value(value: Any, column: Column) -> Any:
    """Return a value of JSON as MLflow's server casts it: to a double whatever Python reads as one."""
    if column.kind is not Kind.NUMBER:
        return value
    try:
        return np.nan if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        raise Refused(400, f"Column {column.name} is {clip(value)}, which is not a number.") from None
