"""What the columns of a table hold, and their cells read by it: the one thing that whatever takes rows goes by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from seedbed.columns.cells import Unreadable, read_number


class Kind(StrEnum):
    """What the cells of a column are."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATE = "date"


# What stands for a gap in any column, in small letters; in a column of numbers and of dates `none` too.
GAPS = frozenset({"", "na", "n/a", "nan", "null", "#n/a", "<na>", "?"})


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of features.

    In a frame a number is a float64, NaN for a gap; any other cell is text, None for a gap: a category as it stands in
    the table, a boolean as one of its two categories, a date in ISO 8601 (`2026-11-30`, or `2026-11-30T12:00:00`).

    Attributes
    ----------
    categories : texts that occur, in order; of a boolean the false one and the true one, in the table's own words.
    low, high : least and largest value; of a date its text in ISO 8601.
    missing : share of the table's rows without a value, from 0 to 1.
    whole : whether all numbers are whole ones; of a date, whether none has a time of day.
    """

    name: str
    kind: Kind = Kind.NUMBER
    categories: tuple[str, ...] = ()
    low: float | str | None = None
    high: float | str | None = None
    missing: float = 0.0
    whole: bool = False
    unit: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return this as values that JSON has."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Column:
        """Return what `to_json` gave."""
        return cls(**{**content, "kind": Kind(content["kind"]), "categories": tuple(content["categories"])})

    def read(self, value: object, *, comma: bool = False) -> float | str | None:
        """Return one cell as a frame has it, whether text of a file, typed, or a value of JSON.

        Raises
        ------
        Unreadable : it is not of this column's kind. A category that the table does not have is no error.
        """
        if is_gap(value, self.kind):
            return math.nan if self.kind is Kind.NUMBER else None
        if self.kind is Kind.NUMBER:
            return read_number(value, comma=comma)
        if self.kind is Kind.BOOLEAN:
            return read_boolean(value, self.categories)
        return read_date(value) if self.kind is Kind.DATE else read_text(value)


Schema = tuple[Column, ...]


def is_plain(schema: Schema) -> bool:
    """Say whether all columns are numbers without a gap, which an estimator takes as they are."""
    return all(column.kind is Kind.NUMBER and not column.missing for column in schema)


def read_frame(
    schema: Schema, cells: Mapping[str, Sequence[object]]
) -> tuple[pd.DataFrame, dict[int, dict[str, Unreadable]]]:
    """Return rows as a frame with the schema's columns, and what could not be read of each row, by its index.

    A column that `cells` does not have is all gaps, and so is a cell that could not be read.
    """
    raise NotImplementedError


def is_gap(value: object, kind: Kind) -> bool:
    """Say whether a cell has no value."""
    if isinstance(value, str):
        text = value.strip().lower()
        return text in GAPS or (text == "none" and kind is not Kind.CATEGORY)
    return value is None or value is pd.NaT or (isinstance(value, float | np.floating) and math.isnan(value))


def read_boolean(value: object, categories: Sequence[str]) -> str:
    """Return which of a column's two words a value stands for."""
    raise NotImplementedError


def read_date(value: object) -> str:
    """Return a date in ISO 8601."""
    raise NotImplementedError


def read_text(value: object) -> str:
    """Return a category as text; a number as the table would have it: 3.0 is `3`."""
    raise NotImplementedError
