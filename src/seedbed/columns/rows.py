"""Rows that a model is to predict: which columns of a file they are, and what of them it does not take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from seedbed.columns.cells import LARGEST, Empty, Unreadable, read_number
from seedbed.columns.schema import Column, Kind, Schema, is_gap, is_plain, read_frame
from seedbed.errors import BadInput, join_names


def read_cell(column: Column, value: object, *, plain: bool) -> float | str | None:
    """Return one cell as a frame has it; see `read_rows`.

    Parameters
    ----------
    plain : whether all columns of its row are numbers without a gap.
    """
    if column.kind is Kind.NUMBER and (plain or not is_gap(value, Kind.NUMBER)):
        return read_number(value, largest=LARGEST)
    return column.read(value)


def match_columns(schema: Schema, header: Sequence[str], name: str) -> dict[str, int]:
    """Return the index of each column of the schema in a header; one that had gaps may be absent.

    Parameters
    ----------
    header : names without blanks around them.
    name : how to call the file in an error.

    Raises
    ------
    BadInput : a column is not there, or there twice.
    """
    names = {column.name: column.name.strip() for column in schema}
    missing = [names[column.name] for column in schema if not column.missing and names[column.name] not in header]
    if missing or not {*names.values()} & {*header}:
        absent, needed = join_names(missing or names.values()), join_names(names.values())
        raise BadInput(f"{name} has no column {absent}; it needs {needed}.")
    if double := [plain for plain in names.values() if header.count(plain) > 1]:
        raise BadInput(f"{name} has more than one column {join_names(double)}.")
    return {own: header.index(plain) for own, plain in names.items() if plain in header}


def read_rows(
    schema: Schema, cells: Mapping[str, Sequence[object]]
) -> tuple[pd.DataFrame, dict[int, dict[str, Unreadable]]]:
    """Return what `read_frame` does; numbers too large to be squared, and gaps in plain columns, are troubles too."""
    frame, troubles = read_frame(schema, cells)
    numbers = [column.name for column in schema if column.kind is Kind.NUMBER]
    values = frame[numbers].to_numpy(float)
    wrong = [(np.abs(values) > LARGEST, Unreadable(f"is too large: give a number below {LARGEST:g}"))]
    wrong += [(np.isnan(values), Empty())] if is_plain(schema) else []
    for where, trouble in wrong:
        for row, index in np.argwhere(where).tolist():
            troubles.setdefault(row, {}).setdefault(numbers[index], trouble)
    return frame, troubles
