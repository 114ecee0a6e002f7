"""A file's bytes as cells under a header: its form, packing, encoding and separator are found out."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd

from seedbed.columns.schema import read_text
from seedbed.errors import BadInput, clip, join_names

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")  # the first one that fits, unless the file begins with a mark
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
GZIP, ZIP, PARQUET, FEATHER = b"\x1f\x8b", b"PK\x03\x04", b"PAR1", (b"ARROW1", b"FEA1")
PACKED = (b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")  # bzip2, xz, zstandard

_LARGE = 4_000_000  # characters from which a text is split by pandas, three times as fast
_INDEX = re.compile(r"__index_level_\d+__")  # what pandas calls an index without a name in Parquet
_SAMPLE = 20  # rows by which a separator is judged
_END = "\0"  # a row of its own after the last one, unless a quote is still open there


class TooManyRows(BadInput):
    """A file has more rows than are taken."""

    def __init__(self, name: str, most: int) -> None:
        super().__init__(f"{name} has more than {most} rows, the most that are taken at once: split it.")


@dataclass(frozen=True, eq=False)
class Sheet:
    """The cells of a file, as text.

    Attributes
    ----------
    header : name of each column, as it stands there.
    rows : cells of each row that has any; as many as it has, which may be fewer or more than the header's.
    lines : number of the line that each row begins in.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def column(self, index: int) -> list[str]:
        """Return the cells of one column; a row that ends before it has an empty one."""
        return [row[index] if index < len(row) else "" for row in self.rows]

    def to_frame(self, name: str) -> pd.DataFrame:
        """Return the cells as a frame of text whose index is the lines; BadInput: more cells than the header has."""
        columns, widths = len(self.header), zip(self.lines, map(len, self.rows), strict=True)
        if long := [f"{cells} in line {line}" for line, cells in widths if cells > columns]:
            raise BadInput(
                f"{name} is not a CSV with one header line: {columns} cells in the header and {join_names(long, 3)}."
            )
        frame = pd.DataFrame({index: self.column(index) for index in range(columns)}, index=self.lines, dtype="str")
        return frame.set_axis(self.header, axis=1)


def read_cells(
    data: bytes, name: str, *, most_bytes: int | None = None, separator: str | None = None, encoding: str | None = None
) -> tuple[pd.DataFrame, str]:
    """Return a file's cells as a frame, and its encoding; its columns are text or numbers, its index the lines.

    Parameters
    ----------
    data : the file: text in any of the usual encodings and separators, Parquet or Feather; or one of them packed.
    name : how to call it in an error.
    most_bytes : that it may have unpacked; None for any number.
    separator, encoding : as they were typed; None to find them out.

    Raises
    ------
    BadInput : it is not a table, or has no rows.
    """
    data = unpack(data, name, most_bytes)
    if data.startswith((PARQUET, *FEATHER)):
        return _read_arrow(data, name), ""
    text, used = decode(data, name, encoding)
    frame = _split_quickly(text, separator) if len(text) >= _LARGE else None
    return split_text(text, name, separator=separator).to_frame(name) if frame is None else frame, used


def read_sheet(data: bytes, name: str, *, most_rows: int | None = None, most_bytes: int | None = None) -> Sheet:
    """Return the cells of a file as text, which are found as by `read_cells`, row by row.

    Parameters
    ----------
    most_rows, most_bytes : that are taken, of rows and of a packed file's content; None for all.

    Raises
    ------
    BadInput : it is not a table, has no rows, or more than is taken.
    """
    data = unpack(data, name, most_bytes)
    if not data.startswith((PARQUET, *FEATHER)):
        return split_text(decode(data, name)[0], name, most_rows=most_rows)
    frame = _read_arrow(data, name)
    if most_rows is not None and len(frame) > most_rows:
        raise TooManyRows(name, most_rows)
    texts = frame.astype(object).where(frame.notna(), "").astype("str")
    return Sheet(header=list(map(str, frame)), rows=texts.to_numpy().tolist(), lines=list(frame.index))


def unpack(data: bytes, name: str, most_bytes: int | None = None) -> bytes:
    """Return what a gzip file, or a zip of one file, holds; any other file as it is.

    Raises
    ------
    BadInput : it is damaged, packed in another way, holds more than one file, or more than `most_bytes`.
    """
    if data.startswith(PACKED):
        raise BadInput(f"{name} is packed: unpack it first, or use gzip.")
    if not data.startswith((GZIP, ZIP)):
        return data
    try:
        if data.startswith(GZIP):
            packed = gzip.GzipFile(fileobj=io.BytesIO(data))
        else:
            archive = zipfile.ZipFile(io.BytesIO(data))
            files = [file for file in archive.namelist() if not re.search(r"/$|^__MACOSX/|(^|/)\.", file)]
            if len(files) != 1:
                raise BadInput(
                    f"{name} is a zip of {len(files)} files, and one is needed; of a spreadsheet save a sheet as CSV."
                )
            packed = archive.open(files[0])  # type: ignore[assignment]
        found = packed.read(-1 if most_bytes is None else most_bytes + 1)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise BadInput(f"{name} cannot be unpacked: {clip(error).rstrip('.')}.") from None
    if most_bytes is not None and len(found) > most_bytes:
        raise BadInput(f"{name} holds more than {most_bytes / 1e6:g} MB unpacked, the most that is taken: split it.")
    return found


def _read_arrow(data: bytes, name: str) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import feather, parquet

    try:
        read = parquet.read_table if data.startswith(PARQUET) else feather.read_table
        frame = read(io.BytesIO(data)).to_pandas(ignore_metadata=True, date_as_object=True, timestamp_as_object=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"{name} is not a whole Parquet or Feather file: {clip(error).rstrip('.')}.") from None
    if not len(frame):
        raise BadInput(f"{name} has a header and no rows.")
    frame.columns = ["" if _INDEX.fullmatch(str(column)) else str(column) for column in frame.columns]
    if "" in frame.columns[1:]:  # where pandas keeps an index
        frame = frame.iloc[:, np.argsort(frame.columns != "", kind="stable")]
    frame = frame.set_axis(pd.RangeIndex(1, len(frame) + 1))
    columns = [_simplify(frame.iloc[:, index]) for index in range(frame.shape[1])]
    return pd.concat(columns, axis=1, keys=frame.columns)


def _simplify(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of numbers as it is, any other one as text, with nothing for a gap."""
    if column.dtype.kind in "fiu":
        return column.astype(float) if column.dtype.kind == "f" else column
    filled = column.astype(object).where(column.notna(), "")
    known = date | float | bool  # of which a text may be written in more than one way
    texts = [read_text(cell) if isinstance(cell, known) else str(cell) for cell in filled]
    return pd.Series(texts, index=column.index, dtype="str")


def _split_quickly(text: str, separator: str | None) -> pd.DataFrame | None:
    """Return a large text's cells by pandas's own parser; None unless each line is a row of as many cells."""
    head, _, rest = text.partition("\n")
    if text[:4].lower() == "sep=" or text.count("\r") not in (0, text.count("\n")):
        return None
    separator = separator or find_separator(text[: text.find("\n", 100_000)])
    header = next(csv.reader([head.rstrip("\r")], delimiter=separator))
    try:
        content = io.BytesIO(rest.encode())  # a StringIO takes four bytes a letter
        frame = pd.read_csv(content, sep=separator, header=None, dtype=str, na_filter=False, skip_blank_lines=False)
    except (ValueError, csv.Error):  # read slowly, the error has a sentence
        return None
    lines = rest.count("\n") + (not rest.endswith("\n"))
    if frame.shape != (lines, len(header)) or (frame[frame[0] == ""] == "").all(axis=1).any():
        return None
    return frame.fillna("").set_axis(header, axis=1).set_axis(pd.RangeIndex(2, lines + 2))


def split_text(text: str, name: str, *, most_rows: int | None = None, separator: str | None = None) -> Sheet:
    """Return the cells of a text; see `read_sheet`."""
    # A spreadsheet's first line may say what separates cells.
    stated = re.match(r"\s*sep=(.)[^\S\n]*\n", text, re.IGNORECASE)
    skipped = stated.group().count("\n") if stated else 0
    text = text[stated.end() :] if stated else text
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for line, row in _split(text, separator or (stated[1] if stated else find_separator(text))):
            if most_rows is not None and len(rows) > most_rows + 1:
                raise TooManyRows(name, most_rows)
            rows.append(row)
            lines.append(line + skipped)
    except csv.Error as error:
        raise BadInput(f"{name} is not a CSV with one header line: {clip(error)}.") from error
    if rows.pop() != [_END]:
        raise BadInput(f"{name} is not a CSV with one header line: the quote in line {lines[-1]} is never closed.")
    if not rows:
        raise BadInput(f"{name} is empty.")
    if len(rows) == 1:
        raise BadInput(f"{name} has a header and no rows.")
    return Sheet(header=rows[0], rows=rows[1:], lines=lines[1:-1])


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """Return a file's text and its encoding: the one that was typed, else the first of the usual ones that fits.

    Raises
    ------
    BadInput : it is not text, or not in this encoding.
    """
    if encoding is not None:
        try:
            return data.decode(encoding).removeprefix("\ufeff"), encoding
        except (LookupError, UnicodeError) as error:
            raise BadInput(
                f"{name} cannot be read with dataset.read.encoding={clip(encoding)}: {clip(error)}."
            ) from None
    for encoding in next(((encoding,) for mark, encoding in MARKS.items() if data.startswith(mark)), ENCODINGS):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding
    raise BadInput(f"{name} is not a text file (it contains NUL bytes): save the table as CSV.")


def _split(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line that each row begins in, and its cells; a row of empty cells alone is none."""
    reader = csv.reader(chain(io.StringIO(text, newline=""), [_END]), delimiter=separator)
    line = 1
    for row in reader:
        if any(cell.strip() for cell in row):
            yield line, row
        line = reader.line_num + 1


def find_separator(text: str) -> str:
    """Return what cuts the first rows into as many cells as the header; else what cuts the header into most."""
    widths = {}
    for separator in SEPARATORS:
        sample = [len(row) for _, row in islice(_split(text, separator), _SAMPLE) if row != [_END]] or [1]
        if set(sample) == {sample[0]} and sample[0] > 1:
            return separator
        widths[separator] = sample[0]
    return max(widths, key=lambda separator: widths[separator])
