"""Which rows of a table a run trains on and tests, by whichever kind of split: the one face of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from seedbed.config.schema import Split
from seedbed.data.arrays import Labels, Rows
from seedbed.data.splits.folds import assign_folds, check_folds
from seedbed.data.splits.holdout import encode_rows
from seedbed.data.splits.random import check_classes, check_sizes, split_rows
from seedbed.data.table import Part, Table
from seedbed.errors import BadInput, clip, join_names

_REPEATED = 0.05  # of the rows; Iris has one pair, which moves nothing
_SPLITS, _VALUES = 256, 4_000_000  # kept at once: each candidate comes back to them
_PARTITIONS = 64  # kept at once: each candidate comes back to them, and those of groups take up to seconds


def find_rows(split: Split, table: Table) -> tuple[Rows, Rows]:
    """Return the table's rows that are trained on and tested, in scikit-learn's order."""
    if split.folds is None:
        assert split.test_size is not None  # Split sees to it
        labels = table.labels[table.development]
        train, test = split_rows(labels, seed=split.seed, test_size=split.test_size, stratify=split.stratify)
    else:
        tested = (
            _assign_folds(table, split.seed // split.folds, split.folds, split.stratify) == split.seed % split.folds
        )
        train, test = np.flatnonzero(~tested), np.flatnonzero(tested)
    return table.development[train], table.development[test]


def split_table(split: Split, table: Table) -> tuple[Part, Part]:
    """Return what is trained on and what is tested, as `find_rows`; of a table that is not large, splits are kept."""
    return _make_splitter(table)(split)


@lru_cache(1)
def _make_splitter(table: Table) -> Callable[[Split], tuple[Part, Part]]:
    @lru_cache(max(1, min(_SPLITS, _VALUES // table.features.size)))
    def split_one(split: Split) -> tuple[Part, Part]:
        train, test = find_rows(split, table)
        return table.part(train), table.part(test)

    return split_one


def check_split(split: Split, table: Table) -> int:
    """Return the fewest rows that a run with such a split trains on, or refuse one that cannot be made.

    Of folds, those of the seed's partition count together: a candidate is for all of them or for none.

    Raises
    ------
    BadInput : a side without rows; stratified, a class that some split or fold would not test; groups that the split
        does not keep together, or no groups to keep so.
    """
    group = table.dataset.group
    if group is None and split.name == "grouped":
        raise BadInput("split=grouped needs the column whose rows stay together; type dataset.group=COLUMN.")
    if group is not None and split.name != "grouped":
        raise BadInput(
            f"dataset.group={clip(group)} keeps its rows together, and split={split.name} would train on some of them "
            "and test the others; type split=grouped."
        )
    # Seeds of random splits are alike in this, and so are those of one partition.
    first = 0 if split.folds is None else split.seed - split.seed % split.folds
    return _count_training_rows(replace(split, seed=first), table)


@lru_cache(_PARTITIONS)
def _count_training_rows(split: Split, table: Table) -> int:
    labels = table.labels[table.development]
    if split.folds is None:
        assert split.test_size is not None
        sizes = check_sizes(labels, split.test_size, split.stratify)
        if split.stratify:
            check_classes(labels, sizes, len(table.holdout))
        return sizes.train
    check_folds(labels, split.folds, split.stratify, _get_groups(table))
    numbers = _assign_folds(table, split.seed // split.folds, split.folds, split.stratify)
    return len(numbers) - int(np.bincount(numbers).max())


def describe_table(table: Table) -> str:
    """Return what is to be known of a table before anything is fitted; empty if there is nothing."""
    constant = [column.name for column in table.schema if column.constant]
    words = f"Column {join_names(constant)} has one value in every row, which tells no classes apart; drop it."
    return "\n".join(filter(None, [*table.notes, words if constant else "", describe_repeats(table)]))


def describe_repeats(table: Table) -> str:
    """Say that test rows will be rows that were trained on, if that can move a score; else "".

    Counted are the development rows that equal another one in every feature, but for those that a group keeps together.
    """
    values = encode_rows(table.features)[table.development]
    alike = np.unique(values, axis=0, return_inverse=True)[1].ravel()
    groups = _get_groups(table)
    apart = np.arange(len(alike)) if groups is None else np.unique(groups, return_inverse=True)[1]
    sides = np.bincount(np.unique(np.column_stack([alike, apart]), axis=0)[:, 0])
    count = int((sides[alike] > 1).sum())
    if count < _REPEATED * len(alike):
        return ""
    return (
        f"{count} of the {len(alike)} rows for training and test equal another one in every feature, so that rows are "
        "tested that were trained on, and scores say too much; drop the repeats, or keep them together: "
        "split=grouped dataset.group=COLUMN"
    )


@lru_cache(_PARTITIONS)
def _assign_folds(table: Table, partition: int, folds: int, stratify: bool) -> Rows:
    labels = table.labels[table.development]
    return assign_folds(labels, partition=partition, folds=folds, stratify=stratify, groups=_get_groups(table))


def _get_groups(table: Table) -> Labels | None:
    return None if table.groups is None else table.groups[table.development]
