"""What the columns of a table hold, and their cells read by it: the one thing that whatever takes rows goes by."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from seedbed.columns.cells import Doubtful, Unreadable, read_number, read_numbers
from seedbed.errors import clip, join_or


class Kind(StrEnum):
    """What the cells of a column are."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATE = "date"


# What stands for a gap in any column, in small letters; in a column of numbers and of dates `none` too.
GAPS = frozenset({"", "na", "n/a", "nan", "null", "#n/a", "<na>", "?"})
# Pairs of words that make a column a boolean one, in small letters: the false one and the true one.
BOOLEANS = (("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("0", "1"))
_MANY, _MOST_SPELLINGS = 10, 20
_WHOLE = re.compile(r"^(-?\d+)\.0+$")
_DATE = re.compile(
    r"(?:(?P<year>\d{4})(?P<sign>[-/])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
    r"|(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4}))"
    r"(?:[T ](?P<time>\d{1,2}:\d\d)(?P<rest>:\d\d(?:\.\d{1,6})?)?\d*(?P<zone>Z|[+-]\d\d:?\d\d)?)?"
)


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

    @property
    def constant(self) -> bool:
        """Whether it says the same of every row."""
        one = len(self.categories) == 1 or (self.low is not None and self.low == self.high)
        return self.missing == 1 or (one and not self.missing)

    def to_json(self) -> dict[str, Any]:
        """Return this as values that JSON has."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave; other keys are left out, and what an earlier card lacks is as for numbers."""
        known = {item.name: content[item.name] for item in fields(cls) if item.name in content}
        kind, categories = Kind(content.get("kind", Kind.NUMBER)), tuple(content.get("categories", ()))
        return cls(**{**known, "kind": kind, "categories": categories})

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
Values = npt.NDArray[Any]  # doubles of a column of numbers, objects of any other


def is_plain(schema: Schema) -> bool:
    """Say whether all columns are numbers without a gap, which an estimator takes as they are."""
    return all(column.kind is Kind.NUMBER and not column.missing for column in schema)


def read_frame(
    schema: Schema, cells: Mapping[str, Sequence[object]]
) -> tuple[pd.DataFrame, dict[int, dict[str, Unreadable]]]:
    """Return rows as a frame with the schema's columns, and what could not be read of each row, by its index.

    A column that `cells` does not have is all gaps, and so is a cell that could not be read.
    """
    rows = max(map(len, cells.values()), default=0)
    columns, troubles = {}, dict[int, dict[str, Unreadable]]()
    for column in schema:
        values, found = read_column(column, cells.get(column.name, [None] * rows))
        columns[column.name] = pd.Series(values, dtype=values.dtype)  # else pandas makes its own text of objects
        for row, trouble in found.items():
            troubles.setdefault(row, {})[column.name] = trouble
    frame = pd.DataFrame(columns, index=pd.RangeIndex(rows))
    return frame, dict(sorted(troubles.items()))


def read_column(column: Column, cells: Sequence[object]) -> tuple[Values, dict[int, Unreadable]]:
    """Return one column's cells as a frame has them, and what could not be read, by its index; see `read_frame`."""
    numbers = isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu"
    texts = [] if numbers else ["" if cell is None else cell for cell in cells]
    if numbers or not all(isinstance(text, str) for text in texts):
        return _read_each(column, cells)
    # Each text is read once: most occur often.
    codes, distinct = pd.factorize(np.array(texts, dtype=object))
    values, troubles = _read_each(column, distinct.tolist())
    wrong = np.flatnonzero(np.isin(codes, list(troubles))).tolist() if troubles else []
    return values[codes], {row: troubles[codes[row]] for row in wrong}


def _read_each(column: Column, cells: Sequence[object]) -> tuple[Values, dict[int, Unreadable]]:
    if column.kind is Kind.NUMBER:
        numbers, troubles = read_numbers(cells)
        return numbers, {row: found for row, found in troubles.items() if not is_gap(cells[row], Kind.NUMBER)}
    values, troubles = np.full(len(cells), None, dtype=object), {}
    for row, cell in enumerate(cells):
        try:
            values[row] = column.read(cell)
        except Unreadable as trouble:
            troubles[row] = trouble.with_traceback(None)
    return values, troubles


def find_column(
    name: str, cells: Sequence[object], kind: Kind | None = None, unit: str = ""
) -> tuple[Column, Values, dict[int, Unreadable]]:
    """Return what a column of a table holds, its cells as a frame has them, and what could not be read, by its index.

    Parameters
    ----------
    kind : as it was typed; None to find it out.
    """
    words: tuple[str, ...] = ()
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu" and kind in (None, Kind.NUMBER):
        kind = Kind.NUMBER
    else:
        cells = [
            cell if isinstance(cell, str) else "" if is_gap(cell, Kind.NUMBER) else read_text(cell) for cell in cells
        ]
        words = _find_words(cells)
        kind = kind or (Kind.BOOLEAN if words not in ((), BOOLEANS[-1]) else None)
    column = Column(name=name, kind=kind or Kind.NUMBER, categories=words if kind is Kind.BOOLEAN else (), unit=unit)
    if kind is Kind.BOOLEAN and not words:
        raise Unreadable(f"does not hold two words such as {join_or(['/'.join(pair) for pair in BOOLEANS])}")
    values, troubles = read_column(column, cells)
    if kind is None and (kind := _find_kind(cells, troubles)) is not Kind.NUMBER:
        column = replace(column, kind=kind)
        values, troubles = read_column(column, cells)
    there = values[~pd.isna(values)]
    found: dict[str, Any] = {"missing": 1 - len(there) / max(1, len(values))}
    if column.kind is Kind.CATEGORY:
        found["categories"] = order_texts(there.tolist())
    if column.kind in (Kind.NUMBER, Kind.DATE) and len(there):
        found |= {"low": there.min(), "high": there.max()}
        if column.kind is Kind.NUMBER:
            found |= {"low": float(there.min()), "high": float(there.max()), "whole": bool((there % 1 == 0).all())}
        else:
            found["whole"] = not any("T" in text for text in there)
    return replace(column, **found), values, troubles


def _find_words(cells: Sequence[object]) -> tuple[str, ...]:
    """Return the false and the true word of a boolean column as it writes them; none if it is not one."""
    texts = dict.fromkeys(map(read_text, islice(dict.fromkeys(cells), _MOST_SPELLINGS)))
    own = {text.lower(): text for text in reversed(texts) if not is_gap(text, Kind.BOOLEAN)}
    return next((tuple(own[word] for word in pair) for pair in BOOLEANS if own.keys() == {*pair}), ())


def _find_kind(cells: Sequence[object], troubles: Mapping[int, Unreadable]) -> Kind:
    """Return what the cells of a column are, some of which are not numbers.

    A few that are not numbers among many that are, and numbers that cannot be read, are mistakes, not categories.
    """
    wrong = {cells[row]: trouble for row, trouble in troubles.items()}
    mistakes = sum(not isinstance(trouble, Doubtful) for trouble in wrong.values())
    if not mistakes:
        return Kind.NUMBER
    texts = [str(text) for text in dict.fromkeys(cells) if not is_gap(text, Kind.NUMBER)]
    if len(texts) - len(wrong) >= max(_MANY, _MANY * mistakes):
        return Kind.NUMBER
    return Kind.CATEGORY if _read_each(Column(name="", kind=Kind.DATE), texts)[1] else Kind.DATE


def order_texts(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the different texts in order: by value if all are whole numbers, else by letter."""
    names = sorted(set(texts))
    whole = all(re.fullmatch(r"[+-]?\d+", name) for name in names)
    return tuple(sorted(names, key=lambda name: (int(name), name)) if whole else names)


def is_gap(value: object, kind: Kind) -> bool:
    """Say whether a cell has no value."""
    if isinstance(value, str):
        text = value.strip().lower()
        return text in GAPS or (text == "none" and kind is not Kind.CATEGORY)
    nothing = value is None or value is pd.NaT or value is pd.NA
    return nothing or (isinstance(value, float | np.floating) and math.isnan(value))


def read_boolean(value: object, categories: Sequence[str]) -> str:
    """Return which of a column's two words a value stands for.

    Raises
    ------
    Unreadable : it is neither of them, nor a truth value in another common way of writing one.
    """
    text = read_text(value)
    if text in categories:
        return text
    for number, words in enumerate(zip(*BOOLEANS, strict=True)):
        if text.lower() in {*words, categories[number].lower()}:
            return categories[number]
    raise Unreadable(f"is {clip(text)}, which is neither {' nor '.join(map(clip, categories))}")


def read_date(value: object) -> str:
    """Return a date in ISO 8601: of a day its text, of a time its text without zone, in UTC if it had one.

    Raises
    ------
    Unreadable : it is not a date, or one that can be read in two ways, such as 3/4/2026.
    """
    if isinstance(value, date):
        found = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    elif not isinstance(value, str) or not (match := _DATE.fullmatch(value.strip())):
        raise Unreadable(f"is {clip(str(value))}, which is not a date: write it as 2026-11-30")
    else:
        year, month, day = match["year"] or match["y"], match["month"] or match["m"], match["day"] or match["d"]
        time = f"T{match['time']:0>5}{match['rest'] or ''}{match['zone'] or ''}" if match["time"] else ""
        try:
            found = datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}{time}")
        except ValueError:
            raise Unreadable(f"is {clip(value)}, and there is no such date") from None
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    return found.isoformat().removesuffix("T00:00:00")


def parse_dates(cells: Any) -> npt.NDArray[np.datetime64]:
    """Return dates as `read_date` gives them, None for a gap, as times in seconds of the same shape; a gap is NaT."""
    texts = np.asarray(cells, dtype=object)
    return np.where(pd.isna(texts), "NaT", texts).astype("datetime64[s]")


def count_days(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.float64]:
    """Return the days since 1970 of each date, NaN for a gap."""
    return (dates - np.datetime64(0, "s")) / np.timedelta64(1, "D")


def read_text(value: object) -> str:
    """Return a category as text; a number as the table would have it: 3.0 is `3`."""
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, float | np.floating):
        text = repr(float(value))
    elif isinstance(value, date):
        return read_date(value)
    elif isinstance(value, bool | np.bool_ | int | np.integer):
        return str(value)
    else:
        raise Unreadable(f"is {clip(str(value))}, which is not a text")
    return _WHOLE.sub(r"\1", text)
