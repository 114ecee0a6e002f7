"""One cell as a number: typed into a box, given by a link or a program, or read from a file."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from seedbed.errors import BadInput

LARGEST, SMALLEST = 1e100, 1e-100  # between them, squares of numbers and their sums are numbers
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")


class Unreadable(BadInput):
    """A cell is not a number; the message completes a sentence that begins with the cell's name."""


class Doubtful(Unreadable):
    """The cell is a number, but it is too large, or cannot be told which one it is."""


class Empty(Unreadable):
    """There is nothing in the cell."""

    def __init__(self) -> None:
        super().__init__("is empty: give a number")


def read_number(value: object, *, comma: bool = False, largest: float = sys.float_info.max) -> float:
    """Return `value` as a finite number; text may have a decimal comma.

    Parameters
    ----------
    comma : whether `1,234` is 1.234; else it can be read in two ways and is refused.
    largest : absolute value that is taken.

    Raises
    ------
    Unreadable : it is empty, not a number, or too large.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Empty
    number = _parse(value.strip(), comma) if isinstance(value, str) else _convert(value)
    if math.isnan(number):
        raise Unreadable("is not a number: give one")
    if abs(number) > largest:
        raise Doubtful(f"is too large: give a number below {largest:g}")
    return number


def read_numbers(
    cells: Sequence[object], *, largest: float = sys.float_info.max
) -> tuple[npt.NDArray[np.float64], dict[int, Unreadable]]:
    """Return the numbers of one column, NaN for a cell that is not one, and why, by its index.

    One decimal comma that cannot be anything else decides for the column, unless there are decimal points in it.
    """
    numbers = np.full(len(cells), np.nan)
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu":
        numbers = cells.astype(float)
    elif len(texts := [cell for cell in cells if isinstance(cell, str)]) == len(cells):
        numbers = np.array(pd.to_numeric(pd.Series(texts, dtype="str"), errors="coerce"), dtype=float)
    # What is a number for pandas is the same one for `read_number`.
    rest = np.flatnonzero(~(np.abs(numbers) <= largest)).tolist()
    comma = bool(rest) and _has_decimal_comma(cells)
    troubles = {}
    for index in rest:
        try:
            numbers[index] = read_number(cells[index], comma=comma, largest=largest)
        except Unreadable as trouble:
            # Its traceback would keep all of these cells until the next collection of garbage.
            numbers[index], troubles[index] = np.nan, trouble.with_traceback(None)
    return numbers, troubles


def write_points(cells: Sequence[str], decimal: str) -> list[str]:
    """Return cells with a decimal point in every number that is written with this decimal sign."""
    other = "." if decimal == "," else ","
    grouped = re.compile(rf"\s*[+-]?\d{{1,3}}({re.escape(other)}\d{{3}})+({re.escape(decimal)}\d*)?\s*")
    number = re.compile(rf"\s*[+-]?\d*{re.escape(decimal)}\d*([eE][+-]?\d+)?\s*")
    plain = [cell.replace(other, "") if grouped.fullmatch(cell) else cell for cell in cells]
    return [cell.replace(decimal, ".") if number.fullmatch(cell) else cell for cell in plain]


def _has_decimal_comma(cells: Sequence[object]) -> bool:
    texts = [cell.strip() for cell in cells if isinstance(cell, str)]
    clear = any(_DECIMAL_COMMA.fullmatch(text) and not _THOUSANDS.fullmatch(text) for text in texts)
    return clear and not any("." in text for text in texts)


def _parse(text: str, comma: bool) -> float:
    if _THOUSANDS.fullmatch(text) and not (comma and _DECIMAL_COMMA.fullmatch(text)):
        raise Doubtful(f"is {_clip(text)}, which can be read in two ways: write it with a decimal point")
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        # float() also reads 1_5, which is a mistake here.
        return float(text if "_" not in text else "no")
    except ValueError:
        raise Unreadable(f"is {_clip(text)}, which is not a number") from None


def _convert(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        raise Unreadable(f"is {_clip(text)}, which is not a number")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _clip(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
