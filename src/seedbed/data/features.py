"""Which columns of a table are features, what they hold, and why the others are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from seedbed.columns.cells import LARGEST, SMALLEST, Unreadable, write_points
from seedbed.columns.schema import Column, Kind, Schema, Values, find_column, is_plain
from seedbed.config.dataset import Dataset
from seedbed.errors import BadInput, UnknownName, clip, join_names

ROW_NAMES = "row names"
_COUNTS, _IDENTIFIER = "counts the rows", "called like an identifier"
TYPED = "as was said"
_SPARED = (_COUNTS, _IDENTIFIER)
_IGNORE = "ignore"  # in place of a kind
_FEW = 50  # different values up to which an identifier may be a category
_CALLED = re.compile(
    r"(.*[^a-z])?(id|ids|uuid|guid)|(?-i:.*[a-z](ID|Id))|(index|idx|row_?names?|row_?(nr|number|id)|obs|observation)"
    r"|(case|subject|patient|person|sample|record|customer|user)_?(id|no|nr)",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a table.

    Attributes
    ----------
    frame : of shape (n_rows, n_features), as `schema` says.
    left_out : why, by column.
    """

    frame: pd.DataFrame
    schema: Schema
    left_out: Mapping[str, str]

    def list_words(self, dataset: Dataset) -> dict[str, Any]:
        """Return the words by which a table is read alike again, whatever is found out then; none for a plain one."""
        found = [name for name in self.left_out if name not in {*dataset.drop, *dataset.columns}]
        kinds = {column.name: column.kind.value for column in self.schema if column.kind is not Kind.NUMBER}
        if is_plain(self.schema) and (not found or dataset.features):
            return {}
        drop = [] if dataset.features else found
        return {"drop": [*dataset.drop, *drop], "columns": {**dataset.columns, **kinds}, "omit": "listed"}


def read_features(cells: pd.DataFrame, dataset: Dataset) -> Features:
    """Read a table's columns but for target and group.

    Raises
    ------
    BadInput : a word names a column that is not there; a column that is not what it was said to be, or of numbers some
        of which cannot be read; nothing is left.
    """
    path, names = clip(dataset.path), [str(name) for name in cells.columns]
    for key in ("columns", "drop", "features"):
        if unknown := [name for name in getattr(dataset, key) if name not in names]:
            raise UnknownName(f"column of features for dataset.{key} in {path} called", unknown[0], names)
    left_out = {name: _find_word(name, dataset) for name in names}
    read = {name: _read_column(cells[name], name, dataset) for name in names if not left_out[name]}
    found = {name: _find_reason(*own, dataset) for name, own in read.items()}
    if found and all(found.values()):  # better a count of the rows than nothing
        found |= {name: "" for name, why in found.items() if why in _SPARED and read[name][0].kind is Kind.NUMBER}
    left_out |= found
    kept = {name: own for name, own in read.items() if not left_out[name]}
    left_out = {name: why for name, why in left_out.items() if why}
    if not kept:
        what = join_names(f"{name or ROW_NAMES} ({why})" for name, why in left_out.items())
        raise BadInput(f"No column of {path} is left to predict by; left out are {what}.")
    for own in kept.values():
        _check(*own, path)
    # Else pandas makes its own text of objects.
    series = {
        name: pd.Series(values, dtype=object) if values.dtype == object else values
        for name, (_, values) in kept.items()
    }
    return Features(pd.DataFrame(series), tuple(column for column, _ in kept.values()), left_out)


def _find_word(name: str, dataset: Dataset) -> str:
    """Return which word leaves a column out; "" if none does."""
    if name in dataset.drop or dataset.columns.get(name) == _IGNORE:
        return TYPED
    return TYPED if dataset.features and name not in dataset.features else ""


def _read_column(cells: pd.Series[Any], name: str, dataset: Dataset) -> tuple[Column, Values]:
    kind = Kind(dataset.columns[name]) if name in dataset.columns else None
    texts: Any = cells.to_numpy() if cells.dtype.kind in "fiu" else None
    if texts is None and (decimal := dataset.read.get("decimal")):
        texts = write_points(cells.tolist(), decimal)
    elif texts is None and kind in (None, Kind.NUMBER):  # most columns are numbers throughout
        numbers = pd.to_numeric(cells, errors="coerce").to_numpy(float)
        texts = numbers if np.isfinite(numbers).all() else None
    texts = cells.tolist() if texts is None else texts
    where = f"Column {clip(name)} of {clip(dataset.path)}"
    try:
        column, values, troubles = find_column(name, texts, kind, dataset.units.get(name, ""))
    except Unreadable as trouble:
        raise BadInput(f"{where} {trouble}; choose another kind of dataset.columns.{name}.") from None
    if not troubles:
        return column, values
    wrong = ", ".join(f"{cells.iloc[row]!r} in line {cells.index[row]}" for row in list(troubles)[:5])
    if column.kind is Kind.NUMBER:
        raise BadInput(
            f"{where} is not all finite numbers ({wrong}); correct those rows, drop the column, or take it as text: "
            f"dataset.columns.{name}=category."
        )
    raise BadInput(f"{where} is not all of kind {column.kind} ({wrong}); correct those rows, or choose another kind.")


def _find_reason(column: Column, values: Values, dataset: Dataset) -> str:
    """Return why a column tells no classes apart; "" if it may."""
    distinct, rows = len(pd.unique(values[~pd.isna(values)])), len(values)
    if column.name == "":
        if distinct < rows:
            raise BadInput(f"Column 1 of {clip(dataset.path)} has no name; name it in the header, or drop it.")
        return ROW_NAMES
    if dataset.omit == "listed" or column.name in dataset.columns or dataset.features:
        return ""
    if column.constant:
        return "empty" if column.missing == 1 else "one value in every row"
    if column.kind is Kind.CATEGORY and distinct == rows - round(column.missing * rows):
        return "texts that are all different"
    if column.low in (0, 1) and np.array_equal(values, np.arange(rows) + column.low):
        return _COUNTS
    whole = column.kind is Kind.CATEGORY or (column.kind is Kind.NUMBER and column.whole)
    return _IDENTIFIER if whole and distinct > min(_FEW, rows // 2) and _CALLED.fullmatch(column.name) else ""


def _check(column: Column, values: Values, path: str) -> None:
    if column.missing == 1:
        raise BadInput(f"Column {clip(column.name)} of {path} is empty; leave it out: dataset.drop=[{column.name}].")
    if column.kind is not Kind.NUMBER:
        return
    sizes = np.abs(values[(values != 0) & ~np.isnan(values)])
    if len(sizes) and not (SMALLEST < sizes.max() < LARGEST):
        raise BadInput(
            f"Column {clip(column.name)} of {path} has values up to {sizes.max():g}, and distances of such numbers "
            f"are {'0' if sizes.max() < 1 else 'infinite'} for a computer; write it in another unit."
        )


def describe_features(features: Features, rows: int) -> list[str]:
    """Say what was left out of a table, and what was assumed of the columns that are not all numbers."""
    said = []
    if left_out := features.left_out:
        reasons: dict[str, list[str]] = {}
        for name, why in left_out.items():
            reasons.setdefault(why, []).append(name or "the first column")
        what = "; ".join(f"{join_names(names)} ({why})" for why, names in reasons.items())
        cure = "" if reasons.keys() <= {ROW_NAMES, TYPED} else "; dataset.columns.NAME=KIND takes one in"
        said.append(f"Left out: {what}{cure}.")
    kinds = {kind: [column for column in features.schema if column.kind is kind] for kind in Kind}
    words = {Kind.CATEGORY: "categories", Kind.BOOLEAN: "yes or no", Kind.DATE: "dates"}
    others = [f"{join_names(column.name for column in kinds[kind])} ({words[kind]})" for kind in words if kinds[kind]]
    if others:
        said.append(f"Not numbers: {'; '.join(others)}.")
    gaps = [f"{column.name} {round(column.missing * rows)}" for column in features.schema if column.missing]
    return [*said, f"Gaps, of {rows} rows: {join_names(gaps)}."] if gaps else said
