"""Predict each row of a file by the version that is marked best."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import numpy as np
import pandas as pd

from seedbed.columns.rows import match_columns, read_rows
from seedbed.columns.stream import Piece, read_pieces
from seedbed.config.naming import format_command, resolve_dataset_name
from seedbed.config.schema import Predict
from seedbed.errors import BadInput, NotDone, clip
from seedbed.estimators.answers import classify
from seedbed.promotion.model_card import Inputs, read_inputs
from seedbed.records.records import name_probabilities
from seedbed.tracking import model_files
from seedbed.tracking.notices import say
from seedbed.tracking.registry import open_registry
from seedbed.tracking.uris import announce_target, find_typed_uri

STREAM = "-"  # in place of a file
_PARQUET = (".parquet", ".pq")
_EVERY = 5.0  # seconds between two lines that say how far it is

Write = Callable[[Iterable[Sequence[Any]]], None]  # takes columns


class RowsLeftOut(NotDone):
    """Rows of a file could not be predicted; the others were."""


@dataclass(frozen=True)
class Predicted:
    """How many rows got which class, how many none, and why the first of these."""

    name: str
    version: str
    to: str
    counts: Mapping[str, int]
    bad: int
    first: str
    output: str

    @property
    def stream(self) -> TextIO:
        """Where the summary goes: stdout, unless the predictions do."""
        return sys.stderr if self.to == STREAM else sys.stdout

    def summary(self) -> str:
        """Return which version answered, and how many rows of each class there are, in words or as JSON."""
        rows = sum(self.counts.values())
        if self.output == "json":
            content = {"version": self.version, "rows": rows + self.bad, "predicted": rows, "classes": {**self.counts}}
            return json.dumps({**content, "to": self.to}, indent=1, ensure_ascii=False)
        found = "".join(f"\n  {label}: {count:,}" for label, count in self.counts.items() if count)
        where = "" if self.to == STREAM else f"\nPredictions: {self.to}"
        return f"Version {self.version} of {self.name} predicted {rows:,} of {rows + self.bad:,} rows.{found}{where}"

    def require_all(self) -> None:
        """Raise RowsLeftOut unless each row was predicted, so that the command ends with exit code 1."""
        if self.bad:
            rows = "1 row has" if self.bad == 1 else f"{self.bad:,} rows have"
            raise RowsLeftOut(f"{rows} no prediction, the first in {self.first}.")


def predict(config: Predict) -> Predicted:
    """Write a prediction a row of a file, or why there is none.

    Raises
    ------
    BadInput : there is no such file, it lacks a column or rows, or what it is to be written to cannot be.
    NotDone : no version is marked best, or it cannot be loaded.
    """
    if not config.input or not config.to:
        raise BadInput(f"{'to' if config.input else 'input'} is missing; give input=FILE to=FILE (- for a stream).")
    registry, name = open_registry(config.tracking.uri), resolve_dataset_name(config.dataset)
    best = registry.get_champion(name)
    if best is None:
        promote = format_command("promote", name=name, uri=find_typed_uri(registry.store.uri))
        raise NotDone(f"No version of {name} is marked best; `{promote}` marks one.")
    with tempfile.TemporaryDirectory(prefix="seedbed-predict-") as folder, _open_input(config.input) as file:
        announce_target(name, registry.store.uri, f"Loading version {best.version}.")
        downloaded = registry.download(best, Path(folder))
        model = model_files.read(downloaded, config.trust)
        if not hasattr(model, "classes_"):
            raise NotDone(f"Version {best.version} of {name} is not a classifier.")
        inputs = read_inputs(downloaded, [str(label) for label in model.classes_])
        with _open_output(config, _name_columns(model, inputs)) as write:
            bad, first, counts = _predict_file(
                model, inputs, file, "stdin" if config.input == STREAM else clip(config.input), write
            )
    return Predicted(name, best.version, config.to, counts, bad, first, config.output)


def _predict_file(
    model: Any, inputs: Inputs, file: BinaryIO, name: str, write: Write
) -> tuple[int, str, Mapping[str, int]]:
    """Return how many rows have no prediction, where the first of them is and why, and the rows of each class."""
    counts, bad, first = Counter(dict.fromkeys(inputs.classes, 0)), 0, ""
    began = said = time.monotonic()
    for piece in read_pieces(file, name, partial(_choose, inputs, name)):
        predicted, shares, errors = _predict_piece(model, inputs, piece)
        for row, why in sorted(errors.items())[: 0 if first else 1]:
            first = f"{piece.locate(row)}: {why}"
        bad += len(errors)
        counts.update(label for label in predicted if label is not None)
        if errors:  # a cell of nothing, not the word nan
            shares = shares.astype(object)
            shares[[*errors]] = None
        write([predicted, *shares.T.tolist(), list(map(errors.get, range(len(predicted))))])
        if time.monotonic() - said > _EVERY:
            said, done = time.monotonic(), counts.total() + bad
            say(f"{done:,} rows, {done / (said - began):,.0f} a second.")
    if not counts.total() + bad:
        raise BadInput(f"{name} has a header and no rows.")
    return bad, first, counts


def _choose(inputs: Inputs, name: str, header: Sequence[str]) -> dict[str, int]:
    found = match_columns(inputs.schema, header, name)
    if absent := [column.name for column in inputs.schema if column.name not in found]:
        say(f"{name} has no column {', '.join(absent)}: there is no value in any row.")
    return found


def _name_columns(model: Any, inputs: Inputs) -> list[str]:
    """Return the columns of the predictions; `error` gets a _ behind it if the class is called so."""
    shares = name_probabilities(np.empty((0, len(inputs.classes))), inputs.classes) if _gives_shares(model) else ()
    return [inputs.target, *shares, "error_" if inputs.target == "error" else "error"]


def _gives_shares(model: Any) -> bool:
    return hasattr(model, "predict_proba")


def _predict_piece(model: Any, inputs: Inputs, piece: Piece) -> tuple[list[str | None], Any, dict[int, str]]:
    """Return class and probabilities of each row, in the order of `inputs.classes`, and why a row has none."""
    frame, troubles = read_rows(inputs.schema, piece.cells)
    errors = {
        row: "; ".join(f"column {column} {trouble}" for column, trouble in found.items())
        for row, found in troubles.items()
    } | dict(piece.uneven)
    good = np.setdiff1d(np.arange(len(frame)), [*errors])
    predicted: list[str | None] = [None] * len(frame)
    shares = np.full((len(frame), len(inputs.classes) if _gives_shares(model) else 0), np.nan)
    order = [[str(label) for label in model.classes_].index(label) for label in inputs.classes]
    for rows, found, why in _classify(model, frame, good):
        if why:
            errors[int(rows[0])] = why
            continue
        for row, label in zip(rows.tolist(), found[0], strict=True):
            predicted[row] = str(label)
        shares[rows] = found[1][:, order[: shares.shape[1]]]
    return predicted, shares, errors


def _classify(model: Any, frame: pd.DataFrame, rows: Any) -> Iterator[tuple[Any, Any, str]]:
    """Yield rows with their answers; a row that the estimator refuses comes alone, with the reason."""
    if not len(rows):
        return
    try:
        part = frame.iloc[rows]
        with np.errstate(over="ignore"):
            yield rows, classify(model, part if hasattr(model, "feature_names_in_") else part.to_numpy()), ""
    except ValueError as error:  # trees do not take what is beyond 32 bits
        if len(rows) == 1:
            yield rows, None, f"the model does not take these values: {clip(error)}"
            return
        for half in np.array_split(rows, 2):
            yield from _classify(model, frame, half)


def _open_input(name: str) -> BinaryIO:
    """Open a file, or what comes through a pipe, which is kept in a file meanwhile: it is read more than once."""
    try:
        file = sys.stdin.buffer if name == STREAM else Path(name).expanduser().open("rb")
        if file.seekable():
            return file
        kept = tempfile.TemporaryFile()  # noqa: SIM115
        with file:
            shutil.copyfileobj(file, kept)
        kept.seek(0)
        return kept
    except OSError as error:
        raise BadInput(f"input={clip(name)} cannot be read: {error.strerror or error}.") from error


@contextmanager
def _open_output(config: Predict, names: Sequence[str]) -> Iterator[Write]:
    """Give a function that writes rows by column; the file stands under its name once all of them are in it."""
    if config.to == STREAM:
        yield _write_csv(sys.stdout.buffer, names)
        sys.stdout.buffer.flush()
        return
    path = Path(config.to or "").expanduser()
    if path.exists() and config.input != STREAM and path.samefile(Path(config.input or "").expanduser()):
        raise BadInput(f"to={clip(config.to)} is the input itself; give another file.")
    part = path.with_name(f".{path.name}.part")
    try:
        file = part.open("wb")
    except OSError as error:
        raise BadInput(f"to={clip(config.to)} cannot be written: {error.strerror or error}.") from error
    try:
        with file, ExitStack() as stack:
            yield _write_parquet(file, names, stack) if path.suffix in _PARQUET else _write_csv(file, names)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_csv(file: BinaryIO, names: Sequence[str]) -> Write:
    def write(rows: Iterable[Sequence[Any]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        file.write(text.getvalue().encode())

    write([names])
    return lambda columns: write(zip(*columns, strict=True))


def _write_parquet(file: BinaryIO, names: Sequence[str], stack: ExitStack) -> Write:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    kinds = [pa.string(), *[pa.float64()] * (len(names) - 2), pa.string()]
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    writer = stack.enter_context(ParquetWriter(file, schema))
    return lambda columns: writer.write_table(pa.table(list(columns), schema))
