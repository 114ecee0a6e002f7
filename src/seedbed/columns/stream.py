"""The rows of a CSV or Parquet file in pieces, so that a file of any size passes through little memory."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Any, BinaryIO, TextIO

from seedbed.columns.sheet import ENCODINGS, GZIP, MARKS, PACKED, PARQUET, ZIP, find_separator, unpack
from seedbed.errors import BadInput, clip

Choose = Callable[[Sequence[str]], Mapping[str, int]]

PIECE = 20_000  # rows
_BLOCK = 2**20  # bytes
_SAMPLE = 2**16  # characters by which a separator is judged
_END = "\0"  # a row of its own after the last one, unless a quote is still open there


@dataclass(frozen=True, eq=False)
class Piece:
    """Some rows of a file, in its order.

    Attributes
    ----------
    lines : number of the line that each row begins in; of a Parquet file that of the row, from 1.
    cells : those of each wanted column, by its name.
    uneven : what is wrong with a row that has more cells than the header, by its index.
    """

    lines: Sequence[int]
    cells: Mapping[str, Sequence[Any]]
    uneven: Mapping[int, str]

    def locate(self, index: int) -> str:
        """Say where in the file a row is."""
        return f"{'row' if isinstance(self.lines, range) else 'line'} {self.lines[index]}"


def read_pieces(file: BinaryIO, name: str, choose: Choose, rows: int = PIECE) -> Iterator[Piece]:
    """Yield the rows of a file that can be read from its beginning again.

    A line without any cell is no row; one of empty cells is.

    Parameters
    ----------
    name : how to call it in an error.
    choose : returns which columns of a header are wanted: index by name.

    Raises
    ------
    BadInput : it is not a table, or what `choose` raises.
    """
    head = file.read(len(PARQUET))
    file.seek(0)
    if head.startswith((GZIP, ZIP, *PACKED)):
        file = io.BytesIO(unpack(file.read(), name))
        head = file.getvalue()[: len(PARQUET)]
    if head == PARQUET:
        return _read_parquet(file, name, choose, rows)
    return _read_csv(io.TextIOWrapper(file, _find_encoding(file, name), newline=""), name, choose, rows)


def _read_parquet(file: BinaryIO, name: str, choose: Choose, rows: int) -> Iterator[Piece]:
    from pyarrow import ArrowException, types
    from pyarrow.parquet import ParquetFile

    def convert(column: Any) -> Any:
        number = types.is_floating(column.type) or types.is_integer(column.type) or types.is_decimal(column.type)
        return column.cast("double").to_numpy(zero_copy_only=False) if number else column.to_pylist()

    try:
        table, start = ParquetFile(file), 1
        names = table.schema_arrow.names
        wanted = {name: names[index] for name, index in choose(names).items()}
        for batch in table.iter_batches(rows, columns=[*wanted.values()]):
            cells = {name: convert(batch.column(own)) for name, own in wanted.items()}
            yield Piece(range(start, start := start + len(batch)), cells, {})
    except ArrowException as error:
        raise BadInput(f"{name} cannot be read as Parquet: {clip(error)}.") from error


def _find_encoding(file: BinaryIO, name: str) -> str:
    """Return the first of the usual encodings that the whole file is in, and leave the file at its beginning."""
    start = file.read(2)
    for encoding in (MARKS[start],) if start in MARKS else ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        with suppress(UnicodeDecodeError):
            while block := file.read(_BLOCK):
                if "\0" in decoder.decode(block):
                    raise BadInput(f"{name} is not a text file (it contains NUL bytes): save the table as CSV.")
            decoder.decode(b"", True)
            file.seek(0)
            return encoding
    raise BadInput(f"{name} is not a text file: save the table as CSV.")


def _read_csv(text: TextIO, name: str, choose: Choose, rows: int) -> Iterator[Piece]:
    sample = text.read(_SAMPLE)
    stated = re.match(r"\s*sep=(.)[^\S\n]*\n", sample, re.IGNORECASE)
    skipped = stated.group().count("\n") if stated else 0
    text.seek(0)
    for _ in range(skipped):
        text.readline()
    separator = stated[1] if stated else find_separator(sample[: sample.rfind("\n") + 1] or sample)
    try:
        found = _split(text, separator, skipped)
        line, header = next(found)
        if header == [_END]:
            raise BadInput(f"{name} is empty.")
        wanted, row = choose([cell.strip() for cell in header]), header
        while batch := list(islice(found, rows)):
            line, row = batch[-1]
            yield _make_piece(batch[:-1] if row == [_END] else batch, wanted, len(header))
    except csv.Error as error:
        raise BadInput(f"{name} is not a CSV with one header line: {clip(error)}.") from error
    if row != [_END]:
        raise BadInput(f"{name} is not a CSV with one header line: the quote in line {line} is never closed.")


def _split(text: TextIO, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the line that each row begins in, and its cells."""
    reader, line = csv.reader(chain(text, [_END]), delimiter=separator), skipped + 1
    for row in reader:
        if len(row) > 1 or "".join(row).strip():
            yield line, row
        line = skipped + reader.line_num + 1


def _make_piece(batch: Sequence[tuple[int, list[str]]], wanted: Mapping[str, int], width: int) -> Piece:
    columns = list(zip_longest(*(row for _, row in batch), fillvalue=""))
    long = {index: row for index, (_, row) in enumerate(batch) if len(row) > width and any(row[width:])}
    return Piece(
        lines=[line for line, _ in batch],
        cells={name: columns[at] if at < len(columns) else [""] * len(batch) for name, at in wanted.items()},
        uneven={index: f"has {len(row)} cells, and the header {width}" for index, row in long.items()},
    )
