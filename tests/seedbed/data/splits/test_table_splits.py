"""Which rows of a table are trained on and tested, whichever kind of split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from seedbed.config.dataset import Dataset
from seedbed.config.schema import Split
from seedbed.data.splits import table_splits
from seedbed.data.splits.table_splits import check_split, describe_repeats, describe_table, find_rows, split_table
from seedbed.data.table import Table, load_table
from seedbed.errors import BadInput

KFOLD = {"name": "kfold", "test_size": None, "folds": 5}
GROUPED = {**KFOLD, "name": "grouped"}


@pytest.fixture(scope="module")
def iris() -> Table:
    return load_table(Dataset(path="package:iris.csv", target="variety"))


@pytest.fixture(scope="module")
def twice(write_case: Callable[[str, str], Path]) -> Table:
    """Return a table of 60 flowers, each measured once to four times."""
    random = np.random.default_rng(0)
    lines = ["flower,x,y,kind"]
    for flower in range(60):
        for _ in range(1 + flower % 4):
            x, y = random.normal(flower % 3, 1, size=2)
            lines.append(f"F{flower},{x:.6f},{y:.6f},{'abc'[flower % 3]}")
    return load_table(Dataset(path=str(write_case("twice.csv", "\n".join(lines))), target="kind", group="flower"))


def test_a_random_split_is_scikit_learns_of_the_development_rows(iris: Table) -> None:
    train, test = find_rows(Split(seed=4), iris)
    rows = iris.development
    expected = train_test_split(rows, test_size=0.2, random_state=4, stratify=iris.labels[rows])
    assert np.array_equal(train, expected[0]) and np.array_equal(test, expected[1])
    assert check_split(Split(seed=4), iris) == 96


def test_both_sides_of_a_split_hold_what_the_table_says_of_their_rows(iris: Table) -> None:
    split = Split(seed=4)
    for side, rows in zip(split_table(split, iris), find_rows(split, iris), strict=True):
        assert np.array_equal(side.rows, rows)
        assert side.features.equals(iris.features.iloc[rows])
        assert np.array_equal(side.labels, iris.labels[rows])
        assert np.array_equal(side.codes, iris.codes[rows])


def test_splits_are_kept_as_long_as_the_table_is_not_large(iris: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    first, other = Split(seed=0), Split(seed=1)
    kept = [split_table(split, iris) for split in (first, other)]
    assert [split_table(split, iris) for split in (first, other)] == kept

    monkeypatch.setattr(table_splits, "_VALUES", iris.features.size)
    large = replace(iris)
    before = split_table(first, large)
    split_table(other, large)
    assert split_table(first, large) != before


@pytest.mark.parametrize("partition", [0, 3])
@pytest.mark.parametrize("kind", [KFOLD, GROUPED])
def test_the_seeds_of_a_partition_test_each_development_row_once(
    kind: dict[str, object], partition: int, iris: Table, twice: Table
) -> None:
    table = iris if kind is KFOLD else twice
    parts = [find_rows(Split(seed=5 * partition + fold, **kind), table) for fold in range(5)]
    tested = np.concatenate([test for _, test in parts])
    assert np.array_equal(np.sort(tested), table.development)
    for train, test in parts:
        assert np.array_equal(np.sort(np.r_[train, test]), table.development)
    assert min(len(train) for train, _ in parts) == check_split(Split(seed=5 * partition, **kind), table)
    other, _ = find_rows(Split(seed=5 * partition + 5, **kind), table)
    assert not np.array_equal(other, parts[0][0])


def test_no_flower_is_on_two_sides_of_the_holdout_or_a_fold(twice: Table) -> None:
    assert twice.groups is not None
    sides = [(twice.development, twice.holdout), *(find_rows(Split(seed=seed, **GROUPED), twice) for seed in range(10))]
    for one, other in sides:
        assert len(one) and len(other) and not set(twice.groups[one]) & set(twice.groups[other])
    held = {(str(twice.labels[row]), str(twice.groups[row])) for row in twice.holdout}
    assert sorted(kind for kind, _ in held) == [*"aaaabbbbcccc"]  # a fifth of the flowers of each kind


def test_groups_and_their_split_come_together(iris: Table, twice: Table) -> None:
    with pytest.raises(BadInput, match=r"^split=grouped needs the column .*; type dataset\.group=COLUMN\.$"):
        check_split(Split(**GROUPED), iris)
    for split in (Split(), Split(**KFOLD)):
        with pytest.raises(BadInput, match=rf"^dataset\.group=flower .*split={split.name} .*; type split=grouped\.$"):
            check_split(split, twice)


def test_rows_that_repeat_are_told_where_they_can_move_a_score(
    iris: Table, write_case: Callable[[str, str], Path]
) -> None:
    lines = [f"F{row},{row % 7},{row},{'ab'[row % 2]}" for row in range(38)]
    again = [*lines, "F0,0,0,a", "F39,1,1,b"]
    path = str(write_case("again.csv", "\n".join(["flower,x,y,kind", *again])))
    keep = {"holdout": 0.0, "target": "kind"}
    assert describe_repeats(iris) == ""
    assert describe_repeats(load_table(Dataset(path=path, group="flower", **keep))).startswith("2 of the 40 rows")
    alone = str(write_case("alone.csv", "\n".join(["x,y,kind", *(line.partition(",")[2] for line in again)])))
    assert describe_repeats(load_table(Dataset(path=alone, **keep))).startswith("4 of the 40 rows")


def test_a_column_of_one_value_is_said(iris: Table, write_case: Callable[[str, str], Path]) -> None:
    file = write_case("t.csv", "x,always,label\n1,7,a\n2,7,b\n3,7,a\n4,7,b\n")
    table = load_table(Dataset(path=str(file), target="label", holdout=0))
    said = "Left out: always (one value in every row); dataset.columns.NAME=KIND takes one in."
    assert describe_table(table) == said
    recorded = load_table(Dataset(path=str(file), target="label", holdout=0, omit="listed"))  # as 0.1.0 read it
    assert list(recorded.features) == ["x", "always"]
    assert (
        describe_table(recorded) == "Column always has one value in every row, which tells no classes apart; drop it."
    )
    assert describe_table(iris) == ""
