"""From a file to checked columns of features and a column of classes; its holdout is cut here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from seedbed.columns.cells import read_numbers
from seedbed.columns.schema import Kind, Schema, is_gap, order_texts, read_text
from seedbed.config.dataset import Dataset
from seedbed.config.naming import resolve_dataset_name
from seedbed.data.arrays import Codes, Labels, Rows
from seedbed.data.features import describe_features, read_features
from seedbed.data.readers import clean_source, parse_table, read_bytes
from seedbed.data.splits.holdout import draw_holdout, encode_rows
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
    """A parsed table: columns of features, one class column, and which rows no choice touches.

    Attributes
    ----------
    features : frame of shape (n_rows, n_features) under the table's own names, as `schema` says.
    labels : array of shape (n_rows,), class names as text.
    classes : class names in the one order of every figure: whole numbers by size, else by letter.
    dataset : the config that it was read by.
    text : the table as it was parsed, with all its rows and columns; None if the file is larger than 10 MB.
    development, holdout : arrays of row numbers from 0, disjoint, together all rows.
    groups : array of shape (n_rows,), what `dataset.group` says of each row; None without one.
    schema : what each feature holds; left_out : why, by column that is none.
    words : keys of `dataset`, and their values, by which the table is read alike again.
    notes : what was assumed in reading it, as sentences.
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
    schema: Schema = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

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
    BadInput : no such file or URL, no such target, features that cannot be read, one class only.
    """
    resolve_dataset_name(dataset)
    if not dataset.path:
        raise BadInput("dataset.path is missing; give dataset=csv dataset.path=FILE_OR_URL dataset.target=COLUMN.")
    data = read_bytes(dataset.location)
    frame, encoding = parse_table(data, dataset.location, dataset.read)
    table = build_table(frame, dataset)
    if encoding and "encoding" not in dataset.read:
        table = replace(
            table, notes=(f"The file is read as {encoding}; dataset.read.encoding=… says otherwise.", *table.notes)
        )
    return replace(table, text=frame) if len(data) <= _SMALL else table


def build_table(frame: pd.DataFrame, dataset: Dataset) -> Table:
    """Check and cut a table's cells, whether they were just parsed or kept.

    Raises
    ------
    BadInput : no such target, features that cannot be read, one class only.
    """
    name, path = resolve_dataset_name(dataset), dataset.path or ""
    if not dataset.target:
        raise BadInput(f"dataset.target is missing; the columns of {clip(path)} are {join_names(frame)}.")
    if dataset.target not in frame.columns:
        raise UnknownName(f"column for dataset.target in {clip(path)} called", dataset.target, frame.columns)
    known = len(frame)
    if not all(there := [bool(text.strip()) for text in _write_texts(frame[dataset.target])]):
        frame = frame[there]
    if not len(frame):
        raise BadInput(f"Column {clip(dataset.target)} of {clip(path)} is empty; name the column of classes.")
    labels = _read_labels(frame[dataset.target], dataset.target)
    classes = order_classes(labels)
    if len(classes) < 2:
        raise BadInput(
            f"Column {clip(dataset.target)} holds one class, {clip(classes[0])}; a classifier needs two or more."
        )
    groups = _read_groups(frame, dataset)
    aside = [] if dataset.group is None else [dataset.group]
    features = read_features(frame.drop(columns=[dataset.target, *aside]), dataset)
    rows = encode_rows(features.frame)
    held = draw_holdout(rows, labels, share=dataset.holdout, seed=dataset.holdout_seed, groups=groups)
    kinds = {column.name: str(column.kind) for column in features.schema}
    types = {name: "double" if kind == Kind.NUMBER else "string" for name, kind in kinds.items()}
    record = DatasetRecord(
        name=name,
        source=clean_source(path),
        digest=compute_digest(features.frame, labels, dataset.target, dataset.group or "", groups, kinds),
        columns={**types, **dict.fromkeys([dataset.target, *aside], "string")},
    )
    rest = np.setdiff1d(np.arange(len(labels)), held)
    return Table(
        features=features.frame,
        labels=labels,
        classes=classes,
        target=dataset.target,
        dataset=dataset,
        development=rest,
        holdout=held,
        record=record,
        groups=groups,
        schema=features.schema,
        left_out=features.left_out,
        words=features.list_words(dataset),
        notes=(*_describe_classes(labels, known, dataset.target), *describe_features(features, len(labels))),
    )


def _describe_classes(labels: Labels, known: int, target: str) -> list[str]:
    said = []
    if known > len(labels):
        said.append(f"{known - len(labels)} of {known} rows have no {clip(target)} and are left out.")
    if count := int((labels == "NA").sum()):
        said.append(f"NA is taken as a class of {count} rows; if it stands for a gap, leave those cells empty.")
    return said


def order_classes(labels: Labels) -> tuple[str, ...]:
    """Return the class names in order: by value if all are whole numbers, else by letter."""
    return order_texts(labels.tolist())


def compute_digest(
    features: pd.DataFrame,
    labels: Labels,
    target: str,
    group: str = "",
    groups: Labels | None = None,
    kinds: Mapping[str, str] | None = None,
) -> str:
    """Return 32 hexadecimal digits over every row, name, kind and value of a parsed table."""
    content = hashlib.sha256()
    for name in features.columns:
        values = features[name].to_numpy()
        if values.dtype == object:
            texts = "\0".join("" if cell is None else f"={cell}" for cell in values)
            content.update(f"{name}\0{(kinds or {}).get(name, '')}\0{texts}\0".encode())
            continue
        content.update(f"{name}\0{values.dtype.str}\0".encode() + np.ascontiguousarray(values).tobytes())
    content.update(f"{target}\0text\0".encode() + "\0".join(labels.tolist()).encode())
    if groups is not None:
        content.update(f"\0{group}\0group\0".encode() + "\0".join(groups.tolist()).encode())
    return content.hexdigest()[:32]


def _read_labels(column: pd.Series[str], target: str) -> Labels:
    labels = _read_texts(column, target, "class")
    distinct = len(set(labels))
    if distinct > max(2, len(labels) // 2) and not read_numbers(labels.tolist())[1]:
        looks = f"this one looks like a regression target, with {distinct} distinct numbers in {len(labels)} rows"
        raise BadValue("dataset.target", target, f"a column of classes; {looks}")
    return labels


def _read_texts(column: pd.Series[str], name: str, what: str) -> Labels:
    values = _write_texts(column)
    if empty := [line for line, value in zip(column.index, values, strict=True) if not value.strip()]:
        raise BadInput(f"Column {clip(name)} has no {what} in line {join_names(empty, 5)}; fill or drop those rows.")
    return values


def _write_texts(column: pd.Series[Any]) -> Labels:
    cells = column.tolist()
    if column.dtype.kind in "fiu":
        cells = ["" if is_gap(cell, Kind.NUMBER) else read_text(cell) for cell in cells]
    return np.array(cells, dtype=object)


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
