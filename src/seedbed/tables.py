"""From a CSV to checked columns of numbers and a column of classes; its holdout is cut here."""

from __future__ import annotations

import csv
import difflib
import hashlib
import http.client
import io
import re
import urllib.request
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import numpy.typing as npt
import pandas as pd

from seedbed.config import Dataset
from seedbed.errors import BadInput, BadValue, TableGone, UnknownName, listed, shown
from seedbed.identity import dataset_name
from seedbed.paths import PACKAGE_DATA
from seedbed.record import DatasetRecord
from seedbed.split import Labels, Rows, holdout_rows

_WAIT = 30  # seconds for a URL
_SMALL = 10_000_000  # bytes up to which a table's text is kept


@dataclass(frozen=True, eq=False)
class Table:
    """A parsed table: number columns, one class column, and which rows no choice touches.

    Attributes
    ----------
    features : frame of shape (n_rows, n_features), doubles under the table's own names.
    labels : array of shape (n_rows,), class names as text.
    classes : class names in the one order of every figure: whole numbers by size, else by letter.
    dataset : the config that it was read by.
    text : the table as it was parsed, every cell as text; None where the file is larger than 10 MB.
    development, holdout : arrays of row numbers from 0, disjoint, together all rows.
    """

    features: pd.DataFrame
    labels: Labels
    classes: tuple[str, ...]
    target: str
    dataset: Dataset
    development: Rows
    holdout: Rows
    record: DatasetRecord
    text: pd.DataFrame | None = None

    @property
    def codes(self) -> npt.NDArray[np.intp]:
        """Return each row's class as its place in `classes`, an array of shape (n_rows,)."""
        return codes_of(self.labels, self.classes)


def codes_of(labels: npt.ArrayLike, classes: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """Return each label's place in `classes`."""
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place[str(name)] for name in np.asarray(labels)], dtype=np.intp)


def read_table(dataset: Dataset) -> Table:
    """Read, check and cut the table that a config names.

    Raises
    ------
    BadInput : no such file or URL, no such target, text or missing values among the features, one class only.
    """
    dataset_name(dataset)
    if not dataset.path:
        raise BadInput("dataset.path is missing; give dataset=csv dataset.path=FILE_OR_URL dataset.target=COLUMN.")
    data = _bytes(dataset.path)
    frame = _parsed(data, dataset.path)
    table = table_of(frame, dataset)
    return replace(table, text=frame) if len(data) <= _SMALL else table


def table_of(frame: pd.DataFrame, dataset: Dataset) -> Table:
    """Check and cut a table whose cells are text, whether it was just parsed or kept.

    Raises
    ------
    BadInput : no such target, text or missing values among the features, one class only.
    """
    name, path = dataset_name(dataset), dataset.path or ""
    if not dataset.target:
        raise BadInput(f"dataset.target is missing; the columns of {shown(path)} are {listed(frame)}.")
    if dataset.target not in frame.columns:
        raise UnknownName(f"column for dataset.target in {shown(path)} called", dataset.target, frame.columns)
    labels = _labels(frame[dataset.target], dataset.target)
    features = _features(frame.drop(columns=dataset.target), path)
    classes = ordered(labels)
    if len(classes) < 2:
        raise BadInput(f"Column {dataset.target} holds one class, {classes[0]}; a classifier needs two or more.")
    held = holdout_rows(features.to_numpy(), labels, share=dataset.holdout, seed=dataset.holdout_seed)
    record = DatasetRecord(
        name=name,
        source=source_of(path),
        digest=digest_of(features, labels, dataset.target),
        columns={**dict.fromkeys(features.columns, "double"), dataset.target: "string"},
    )
    rest = np.setdiff1d(np.arange(len(labels)), held)
    return Table(features, labels, classes, dataset.target, dataset, rest, held, record)


def ordered(labels: Labels) -> tuple[str, ...]:
    """Return the class names in order: by value where all are whole numbers, else by letter."""
    names = sorted(set(labels.tolist()))
    whole = all(re.fullmatch(r"[+-]?\d+", name) for name in names)
    return tuple(sorted(names, key=lambda name: (int(name), name)) if whole else names)


def digest_of(features: pd.DataFrame, labels: Labels, target: str) -> str:
    """Return 32 hexadecimal digits over every row, name, type and value of a parsed table."""
    content = hashlib.sha256()
    for name in features.columns:
        values = features[name].to_numpy()
        content.update(f"{name}\0{values.dtype.str}\0".encode() + np.ascontiguousarray(values).tobytes())
    content.update(f"{target}\0text\0".encode() + "\0".join(labels.tolist()).encode())
    return content.hexdigest()[:32]


def source_of(path: str) -> str:
    """Return where a table came from: an absolute path, or a URL without user, password and query."""
    if path.startswith("package:"):
        return f"seedbed/data/{path.removeprefix('package:')}"
    if not _is_url(path):
        return str(Path(path).expanduser().absolute())
    parts = urlsplit(path)
    return urlunsplit((parts.scheme, parts.netloc.rsplit("@", 1)[-1], parts.path, "", ""))


def _is_url(path: str) -> bool:
    return path.lower().startswith(("http://", "https://"))


def _bytes(path: str) -> bytes:
    if path.startswith("package:"):
        file = PACKAGE_DATA / path.removeprefix("package:")
        known = sorted(f"package:{item.name}" for item in PACKAGE_DATA.glob("*.csv"))
        if file.parent != PACKAGE_DATA or not file.is_file():
            raise UnknownName("table called", path, known)
        return file.read_bytes()
    return _download(path) if _is_url(path) else _file(Path(path).expanduser())


def _file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except IsADirectoryError:
        raise BadInput(f"dataset.path={file} is a folder; give a CSV file.") from None
    except FileNotFoundError:
        beside = [item.name for item in file.parent.glob("*") if item.is_file()] if file.parent.is_dir() else []
        near = difflib.get_close_matches(file.name, beside)
        where = f"; did you mean {listed(near)}?" if near else f" (looked for {file.absolute()}); give a CSV file."
        raise TableGone(f"dataset.path={file} is not there{where}") from None
    except OSError as error:
        raise BadInput(f"dataset.path={file} cannot be read: {error.strerror or error}.") from None


def _download(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_WAIT) as answer:
            data: bytes = answer.read()
            return data
    except (http.client.HTTPException, OSError, ValueError) as error:
        why = shown(getattr(error, "reason", None) or error)
        raise TableGone(f"{source_of(url)} cannot be read: {why}; dataset.path takes a CSV's URL.", why) from None


def _parsed(data: bytes, path: str) -> pd.DataFrame:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{shown(path)} is not UTF-8 text; save it as CSV in UTF-8.") from None
    if "\0" in text:
        raise BadInput(f"{shown(path)} is no text (it holds NUL signs); save it as CSV in UTF-8.")
    header = next(csv.reader(io.StringIO(text)), [])
    _check_header(header, path)
    try:
        # All as text first: `007` stays `007` as a class, and a number column that is none can be quoted as it stands.
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row longer than the header would lose fields
            frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, index_col=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning, ValueError) as error:
        raise BadInput(f"{shown(path)} is no CSV with one header line: {shown(error)}.") from None
    if frame.empty:
        raise BadInput(f"{shown(path)} has a header and no rows; a CSV needs rows of numbers and a class column.")
    return frame


def _check_header(header: list[str], path: str) -> None:
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise BadInput(f"{shown(path)} has more than one column called {listed(twice)}; give each its own name.")
    if len(header) < 2:
        raise BadInput(
            f"{shown(path)} has one column, {shown(''.join(header))}; a CSV with commas, number columns and a class "
            "column is needed."
        )
    if empty := [str(place) for place, name in enumerate(header, 1) if not name.strip()]:
        raise BadInput(f"Column {listed(empty)} of {shown(path)} has no name; name it in the header, or drop it.")


def _labels(column: pd.Series[str], target: str) -> Labels:
    labels = np.array([str(name) for name in column], dtype=object)
    if empty := [str(row + 2) for row, name in enumerate(labels) if not name.strip()]:
        raise BadInput(f"Column {target} has no class in line {listed(empty, 5)}; fill or drop those rows.")
    if len(set(labels)) > max(2, len(labels) // 2) and _all_numbers(column):
        raise BadValue("dataset.target", target, "a column of classes; this one holds as many numbers as rows")
    return labels


def _features(frame: pd.DataFrame, path: str) -> pd.DataFrame:
    columns = {name: _numbers(frame[name], str(name), path) for name in frame.columns}
    return pd.DataFrame(columns)


def _numbers(column: pd.Series[str], name: str, path: str) -> npt.NDArray[np.float64]:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(~np.isfinite(values))
    if not bad.size:
        return values
    cells = [f"{column.iloc[row]!r} in line {row + 2}" for row in bad[:5]]
    raise BadInput(
        f"Column {shown(name)} of {shown(path)} is not all finite numbers ({', '.join(cells)}); a feature column "
        "needs a number in every row: mend those rows, or drop the column."
    )


def _all_numbers(column: pd.Series[str]) -> bool:
    return bool(pd.to_numeric(column, errors="coerce").notna().all())
