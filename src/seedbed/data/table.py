"""From a CSV to checked columns of numbers and a column of classes; its holdout is cut here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from seedbed.columns.cells import LARGEST, SMALLEST, read_numbers
from seedbed.config.naming import resolve_dataset_name
from seedbed.config.schema import Dataset
from seedbed.data.arrays import Codes, Floats, Labels, Rows
from seedbed.data.readers import clean_source, parse_table, read_bytes
from seedbed.data.splits.holdout import draw_holdout
from seedbed.errors import BadInput, BadValue, UnknownName, clip, join_names

_SMALL = 10_000_000  # bytes up to which a table's text is kept


@dataclass(frozen=True, kw_only=True)
class DatasetRecord:
    """The table that a run read.

    `source` is where it came from (an absolute path, or a URL without user, password and query); `digest` is of its
    parsed content; `columns` maps each column to its type in MLflow's words.
    """

    name: str
    source: str
    digest: str
    columns: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, eq=False)
class Table:
    """A parsed table: number columns, one class column, and which rows no choice touches.

    Attributes
    ----------
    features : frame of shape (n_rows, n_features), doubles under the table's own names.
    labels : array of shape (n_rows,), class names as text.
    classes : class names in the one order of every figure: whole numbers by size, else by letter.
    dataset : the config that it was read by.
    text : the table as it was parsed, every cell as text; None if the file is larger than 10 MB.
    development, holdout : arrays of row numbers from 0, disjoint, together all rows.
    groups : array of shape (n_rows,), what `dataset.group` says of each row; None without one.
    """

    features: pd.DataFrame
    labels: Labels
    classes: tuple[str, ...]
    target: str
    dataset: Dataset
    development: Rows
    holdout: Rows
    record: DatasetRecord
    groups: Labels | None = None
    text: pd.DataFrame | None = None

    @property
    def codes(self) -> Codes:
        """Return each row's class as its index in `classes`, an array of shape (n_rows,)."""
        return encode_labels(self.labels, self.classes)

    def part(self, rows: Rows) -> Part:
        """Return some of the rows."""
        return Part(self, rows, self.features.iloc[rows], self.labels[rows])

    @property
    def whole(self) -> Part:
        """Return all of them."""
        return self.part(np.arange(len(self.labels)))


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a table, by their numbers in it; arrays and frame as the table's, of shape (n_rows, …)."""

    table: Table
    rows: Rows
    features: pd.DataFrame
    labels: Labels

    @cached_property
    def codes(self) -> Codes:
        """Return each row's class as its index in the table's, an array of shape (n_rows,)."""
        return encode_labels(self.labels, self.table.classes)


def encode_labels(labels: npt.ArrayLike, classes: tuple[str, ...]) -> Codes:
    """Return each label's index in `classes`; ValueError for a label that is not among them."""
    codes = {name: code for code, name in enumerate(classes)}
    try:
        return np.array([codes[str(name)] for name in np.asarray(labels)], dtype=np.intp)
    except KeyError as error:
        raise ValueError(f"{error} is not one of the classes {join_names(classes)}") from None


def load_table(dataset: Dataset) -> Table:
    """Read, check and cut the table that a config names.

    Raises
    ------
    BadInput : no such file or URL, no such target, text or missing values among the features, one class only.
    """
    resolve_dataset_name(dataset)
    if not dataset.path:
        raise BadInput("dataset.path is missing; give dataset=csv dataset.path=FILE_OR_URL dataset.target=COLUMN.")
    data = read_bytes(dataset.location)
    frame = parse_table(data, dataset.location)
    table = build_table(frame, dataset)
    return replace(table, text=frame) if len(data) <= _SMALL else table


def build_table(frame: pd.DataFrame, dataset: Dataset) -> Table:
    """Check and cut a table whose cells are text, whether it was just parsed or kept.

    Raises
    ------
    BadInput : no such target, text or missing values among the features, one class only.
    """
    name, path = resolve_dataset_name(dataset), dataset.path or ""
    if not dataset.target:
        raise BadInput(f"dataset.target is missing; the columns of {clip(path)} are {join_names(frame)}.")
    if dataset.target not in frame.columns:
        raise UnknownName(f"column for dataset.target in {clip(path)} called", dataset.target, frame.columns)
    labels = _read_labels(frame[dataset.target], dataset.target)
    groups = _read_groups(frame, dataset)
    aside = [] if dataset.group is None else [dataset.group]
    columns = frame.drop(columns=[dataset.target, *aside])
    features = pd.DataFrame({name: _read_column(columns[name], str(name), path) for name in columns})
    classes = order_classes(labels)
    if len(classes) < 2:
        raise BadInput(
            f"Column {clip(dataset.target)} holds one class, {clip(classes[0])}; a classifier needs two or more."
        )
    held = draw_holdout(features.to_numpy(), labels, share=dataset.holdout, seed=dataset.holdout_seed, groups=groups)
    record = DatasetRecord(
        name=name,
        source=clean_source(path),
        digest=compute_digest(features, labels, dataset.target, dataset.group or "", groups),
        columns={**dict.fromkeys(features.columns, "double"), **dict.fromkeys([dataset.target, *aside], "string")},
    )
    rest = np.setdiff1d(np.arange(len(labels)), held)
    return Table(features, labels, classes, dataset.target, dataset, rest, held, record, groups)


def order_classes(labels: Labels) -> tuple[str, ...]:
    """Return the class names in order: by value if all are whole numbers, else by letter."""
    names = sorted(set(labels.tolist()))
    whole = all(re.fullmatch(r"[+-]?\d+", name) for name in names)
    return tuple(sorted(names, key=lambda name: (int(name), name)) if whole else names)


def compute_digest(
    features: pd.DataFrame, labels: Labels, target: str, group: str = "", groups: Labels | None = None
) -> str:
    """Return 32 hexadecimal digits over every row, name, type and value of a parsed table."""
    content = hashlib.sha256()
    for name in features.columns:
        values = features[name].to_numpy()
        content.update(f"{name}\0{values.dtype.str}\0".encode() + np.ascontiguousarray(values).tobytes())
    content.update(f"{target}\0text\0".encode() + "\0".join(labels.tolist()).encode())
    if groups is not None:
        content.update(f"\0{group}\0group\0".encode() + "\0".join(groups.tolist()).encode())
    return content.hexdigest()[:32]


def _read_labels(column: pd.Series[str], target: str) -> Labels:
    labels = _read_texts(column, target, "class")
    distinct = len(set(labels))
    if distinct > max(2, len(labels) // 2) and not read_numbers(column.tolist())[1]:
        looks = f"this one looks like a regression target, with {distinct} distinct numbers in {len(labels)} rows"
        raise BadValue("dataset.target", target, f"a column of classes; {looks}")
    return labels


def _read_texts(column: pd.Series[str], name: str, what: str) -> Labels:
    values = np.array([str(value) for value in column], dtype=object)
    if empty := [line for line, value in zip(column.index, values, strict=True) if not value.strip()]:
        raise BadInput(f"Column {clip(name)} has no {what} in line {join_names(empty, 5)}; fill or drop those rows.")
    return values


def _read_groups(frame: pd.DataFrame, dataset: Dataset) -> Labels | None:
    name = dataset.group
    if name is None:
        return None
    known = [column for column in map(str, frame.columns) if column != dataset.target]
    if name not in known:
        raise UnknownName(
            f"column beside {dataset.target} for dataset.group in {clip(dataset.path)} called", name, known
        )
    if len(known) == 1:
        raise BadInput(f"dataset.group={clip(name)} is the one column beside {dataset.target}; no feature is left.")
    return _read_texts(frame[name], name, "group")


def _read_column(column: pd.Series[str], name: str, path: str) -> Floats:
    values, troubles = read_numbers(column.tolist())
    if not troubles:
        sizes = np.abs(values[values != 0])
        if len(sizes) and not (SMALLEST < sizes.max() < LARGEST):
            raise BadInput(
                f"Column {clip(name)} of {clip(path)} has values up to {sizes.max():g}, and distances of such numbers "
                f"are {'0' if sizes.max() < 1 else 'infinite'} for a computer; write it in another unit."
            )
        return values
    cells = [f"{column.iloc[row]!r} in line {column.index[row]}" for row in list(troubles)[:5]]
    raise BadInput(
        f"Column {clip(name)} of {clip(path)} is not all finite numbers ({', '.join(cells)}); a feature column "
        "needs a number in every row: correct those rows, or drop the column."
    )
