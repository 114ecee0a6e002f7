"""Cells as what their column holds, and what a column holds by its cells."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.columns.cells import Unreadable
from seedbed.columns.schema import BOOLEANS, Column, Kind, find_column, is_plain, read_column, read_date, read_frame

SCHEMA = (
    Column(name="x"),
    Column(name="c", kind=Kind.CATEGORY),
    Column(name="b", kind=Kind.BOOLEAN, categories=("no", "yes")),
    Column(name="d", kind=Kind.DATE),
)


def test_a_frame_has_doubles_and_texts_alone() -> None:
    cells = {
        "more": [1, 2, 3, 4, 5],
        "d": ["2026-11-30", "1.2.2026", pd.Timestamp("2026-01-01 07:30"), date(2020, 1, 2), ""],
        "c": ["None", "NA", 3.0, " a", None],
        "x": ["1,5", None, np.int64(2), math.nan, "n/a"],
    }
    frame, troubles = read_frame(SCHEMA, cells)
    assert not troubles and list(frame) == ["x", "c", "b", "d"]
    assert [str(dtype) for dtype in frame.dtypes] == ["float64", "object", "object", "object"]
    assert frame["x"].fillna(-1).tolist() == [1.5, -1, 2, -1, -1]
    assert frame["c"].tolist() == ["None", None, "3", "a", None]
    assert frame["b"].tolist() == [None] * 5  # a column that is not there is all gaps
    assert frame["d"].tolist() == ["2026-11-30", "2026-02-01", "2026-01-01T07:30:00", "2020-01-02", None]


def test_what_cannot_be_read_is_a_gap_and_is_said_of_its_row() -> None:
    frame, troubles = read_frame(SCHEMA, {"x": ["1", "one"], "b": ["maybe", True], "d": ["3/4/2026", "2026-02-30"]})
    assert {row: {name: str(why) for name, why in found.items()} for row, found in troubles.items()} == {
        0: {
            "b": "is maybe, which is neither no nor yes",
            "d": "is 3/4/2026, which is not a date: write it as 2026-11-30",
        },
        1: {"x": "is one, which is not a number", "d": "is 2026-02-30, and there is no such date"},
    }
    assert frame["b"].tolist() == [None, "yes"] and frame["d"].tolist() == [None, None] and math.isnan(frame["x"][1])


@pytest.mark.parametrize("pair", BOOLEANS)
@pytest.mark.parametrize("truth", [False, True])
def test_a_boolean_may_be_written_in_any_usual_way(pair: tuple[str, str], truth: bool) -> None:
    column = SCHEMA[2]
    assert {column.read(value) for value in (truth, int(truth), float(truth), pair[truth].upper())} == {
        "yes" if truth else "no"
    }


@given(st.dates() | st.datetimes())
def test_a_date_is_read_as_python_writes_it_and_stays_as_it_is_then(when: date) -> None:
    text = read_date(when.isoformat())
    assert read_date(when) == text == read_date(text)
    assert text == when.isoformat().removesuffix("T00:00:00")


def test_a_time_with_a_zone_is_of_utc() -> None:
    assert read_date("2026-11-30T00:30:00+02:00") == "2026-11-29T22:30:00"
    assert read_date("2026-11-30 07:05Z") == "2026-11-30T07:05:00"


@given(st.lists(st.sampled_from(["1", "2.5", "x", "", "NA", "None", "1,5", "inf"]), max_size=20))
def test_a_column_is_read_as_its_cells_are_one_by_one(cells: list[str]) -> None:
    for column in (SCHEMA[1], SCHEMA[3]):
        values, troubles = read_column(column, cells)
        for row, cell in enumerate(cells):
            try:
                assert values[row] == column.read(cell) and row not in troubles
            except Unreadable as trouble:
                assert str(troubles[row]) == str(trouble) and values[row] is None


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (["1", "2.5", "NA", "?"], Column(name="x", low=1.0, high=2.5, missing=0.5)),
        (["3", "None", "1"], Column(name="x", low=1.0, high=3.0, missing=1 / 3, whole=True)),
        (["0", "1", "1"], Column(name="x", low=0.0, high=1.0, whole=True)),
        (["Yes", "no", "", "yes"], Column(name="x", kind=Kind.BOOLEAN, categories=("no", "Yes"), missing=0.25)),
        (["TRUE", "FALSE"], Column(name="x", kind=Kind.BOOLEAN, categories=("FALSE", "TRUE"))),
        (["None", "Some", "Marked"], Column(name="x", kind=Kind.CATEGORY, categories=("Marked", "None", "Some"))),
        (["3+", "2", "1", "10"], Column(name="x", kind=Kind.CATEGORY, categories=("1", "10", "2", "3+"))),
        (["F", "M", "null"], Column(name="x", kind=Kind.CATEGORY, categories=("F", "M"), missing=1 / 3)),
        (
            ["2026-11-30", "1.2.2026", ""],
            Column(name="x", kind=Kind.DATE, low="2026-02-01", high="2026-11-30", missing=1 / 3, whole=True),
        ),
        (["", "NA"], Column(name="x", missing=1.0)),
    ],
)
def test_what_a_column_holds_is_found_by_its_cells(cells: list[str], column: Column) -> None:
    found, _, troubles = find_column("x", cells)
    assert not troubles and found.missing == pytest.approx(column.missing)
    assert found == Column.from_json({**column.to_json(), "missing": found.missing})


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [(["1", "inf"], [1]), (["1,200", "2"], [0]), ([*map(str, range(20)), "oops"], [20]), (["1,200", "x"], None)],
)
def test_a_mistake_among_numbers_is_no_category(cells: list[str], wrong: list[int] | None) -> None:
    column, _, troubles = find_column("x", cells)
    assert (list(troubles), column.kind) == (wrong or [], Kind.CATEGORY if wrong is None else Kind.NUMBER)


def test_a_kind_may_be_said() -> None:
    assert find_column("x", ["1", "2.0", "10"], Kind.CATEGORY)[0].categories == ("1", "2", "10")
    assert find_column("x", np.array([0.0, 1.0]), Kind.BOOLEAN)[0].categories == ("0", "1")
    assert list(find_column("x", ["1", "x"], Kind.NUMBER)[2]) == [1]
    with pytest.raises(Unreadable, match="does not hold two words such as false/true"):
        find_column("x", ["1", "2"], Kind.BOOLEAN)


def test_a_plain_schema_is_of_numbers_without_gaps() -> None:
    assert is_plain((Column(name="x"), Column(name="y")))
    assert not is_plain((Column(name="x", missing=0.1),)) and not is_plain(SCHEMA)
