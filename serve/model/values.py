"""What people type, as numbers; what is none, as a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from serve.model.card import Feature

_LARGEST = 1e100  # squares of distances beyond this are no numbers any more
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")


class Unreadable(ValueError):
    """A value is no number; the message is one sentence."""


def numbers_of(features: Sequence[Feature], values: Iterable[object]) -> list[float]:
    """Return `values`, one a feature, as numbers.

    Raises
    ------
    Unreadable : naming each feature whose value is none.
    """
    numbers, troubles = [], []
    for feature, value in zip(features, values, strict=True):
        try:
            numbers.append(number_of(value, feature.label or feature.name))
        except Unreadable as trouble:
            troubles.append(str(trouble))
    if troubles:
        raise Unreadable(" ".join(troubles))
    return numbers


def number_of(value: object, label: str) -> float:
    """Return `value` as a finite number; text may have a decimal comma.

    Raises
    ------
    Unreadable : a sentence that begins with `label`.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Unreadable(f"{label} is empty: type a number.")
    number = _plain(value, label)
    if math.isnan(number):
        raise Unreadable(f"{label} is not a number: type one.")
    if abs(number) > _LARGEST:
        raise Unreadable(f"{label} is too large: type a number below 1e100.")
    return number


def _plain(value: object, label: str) -> float:
    if isinstance(value, str):
        return _from_text(value.strip(), label)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"{label} is {_shown(value)}, which is not a number.")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _from_text(text: str, label: str) -> float:
    if _THOUSANDS.fullmatch(text):
        raise Unreadable(f"{label} is {_shown(text)}, which can be read in two ways: write it with a decimal point.")
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        # float() also reads 1_5, which nobody means.
        return float(text if "_" not in text else "no")
    except ValueError:
        raise Unreadable(f"{label} is {_shown(text)}, which is not a number.") from None


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
