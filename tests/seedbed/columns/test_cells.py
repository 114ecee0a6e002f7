"""A cell as a number, or a sentence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.columns.cells import Empty, Unreadable, read_number, read_numbers


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
    assert read_number(typed) == number


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
        read_number(typed, largest=1e100)
    sentence = f"Width {raised.value}."
    assert words in sentence and len(sentence) < 120


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20), st.sampled_from("egr"))
def test_a_column_is_read_as_its_cells_are(number: float, form: str) -> None:
    text = repr(number) if form == "r" else f"{number:.12{form}}"
    numbers, troubles = read_numbers([text, "0.5"])
    assert not troubles and numbers[0] == read_number(text) == float(text)


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,5", "2"], [1.5, 2.0]),
        (["1,234", "0,5"], [1.234, 0.5]),
        (["-1,5e3", " 2,25 "], [-1500.0, 2.25]),
        (["1e300", "1.5"], [1e300, 1.5]),
    ],
)
def test_a_column_may_have_decimal_commas(cells: list[str], numbers: list[float]) -> None:
    assert read_numbers(cells)[0].tolist() == numbers


@pytest.mark.parametrize("cells", [["1,234", "5"], ["1,234", "0,5", "2.5"], ["1,234,567", "0,5"], ["1,234.5", "0,5"]])
def test_a_comma_of_two_readings_is_refused_unless_another_cell_decides(cells: list[str]) -> None:
    numbers, troubles = read_numbers(cells)
    assert list(troubles) == [0] and "which can be read in two ways" in str(troubles[0]) and math.isnan(numbers[0])


def test_every_cell_that_is_not_a_number_is_named() -> None:
    numbers, troubles = read_numbers(["1", "", "x", "inf", "nan"])
    assert numbers[0] == 1.0 and np.isnan(numbers[1:]).all()
    assert isinstance(troubles[1], Empty) and [str(troubles[row]) for row in (1, 2, 3, 4)] == [
        "is empty: give a number",
        "is x, which is not a number",
        "is too large: give a number below 1.79769e+308",
        "is not a number: give one",
    ]
    assert not read_numbers([])[1]
