"""What people type, as numbers or sentences."""

from __future__ import annotations

import math

import numpy as np
import pytest

from serve.model.card import Feature
from serve.model.values import Unreadable, number_of, numbers_of


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (1, 1.0),
        (1.5, 1.5),
        ("1.5", 1.5),
        ("1,5", 1.5),
        (" -0,25 ", -0.25),
        ("1e3", 1000.0),
        (",5", 0.5),
        ("0,1234", 0.1234),
    ],
)
def test_numbers_are_read(typed: object, number: float) -> None:
    assert number_of(typed, "Width") == number


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (None, "Width is empty"),
        ("", "Width is empty"),
        ("  ", "Width is empty"),
        (math.nan, "Width is not a number"),
        ("nan", "Width is not a number"),
        (math.inf, "Width is too large"),
        ("1e400", "Width is too large"),
        (10**400, "Width is too large"),
        (1e200, "Width is too large"),
        (True, "Width is true, which is not a number"),
        ([1], "Width is [1], which is not a number"),
        ("abc", "Width is abc, which is not a number"),
        ("1_5", "Width is 1_5, which is not a number"),
        ("1,234", "can be read in two ways"),
        ("1,234.5", "can be read in two ways"),
        ("x" * 1000, "…, which is not a number"),
        (np.array([1.0]), "which is not a number"),
    ],
)
def test_what_is_no_number_is_said_in_a_sentence(typed: object, words: str) -> None:
    with pytest.raises(Unreadable) as raised:
        number_of(typed, "Width")
    assert words in str(raised.value) and str(raised.value).endswith(".") and len(str(raised.value)) < 120


def test_every_unreadable_value_is_named_at_once() -> None:
    features = [Feature(name="a", label="Length"), Feature(name="b"), Feature(name="c")]
    with pytest.raises(Unreadable) as raised:
        numbers_of(features, [None, 1, "x"])
    assert str(raised.value) == "Length is empty: type a number. c is x, which is not a number."
