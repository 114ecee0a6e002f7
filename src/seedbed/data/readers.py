"""A table's text, from wherever it lies: a file, an address, the package."""

from __future__ import annotations

import csv
import difflib
import http.client
import io
import urllib.request
import warnings
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pandas as pd

from seedbed.errors import BadInput, TableGone, UnknownName, clip, join_names
from seedbed.paths import PACKAGE_DATA

_WAIT = 30  # seconds for a URL


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


def bytes_of(path: str) -> bytes:
    """Return what a path, an http(s) URL or `package:NAME` holds.

    Raises
    ------
    BadInput : it cannot be read; TableGone where it is not there.
    """
    if path.startswith("package:"):
        file = PACKAGE_DATA / path.removeprefix("package:")
        known = sorted(f"package:{item.name}" for item in PACKAGE_DATA.glob("*.csv"))
        if file.parent != PACKAGE_DATA or not file.is_file():
            raise UnknownName("table called", path, known)
        return file.read_bytes()
    if _is_url(path):
        return _download(path)
    if "://" in path:
        raise BadInput(
            f"dataset.path={clip(path)} is neither a file nor an http(s) address; give a CSV file or its URL."
        )
    return _file(Path(path).expanduser())


def _file(file: Path) -> bytes:
    try:
        if file.exists() and not file.is_file() and not file.is_dir():
            # Every process of a sweep reads the table; what comes through a pipe or from a device is there once.
            raise BadInput(
                f"dataset.path={clip(file)} is a pipe or a device, not a file; save the table as a CSV file."
            )
        return file.read_bytes()
    except IsADirectoryError:
        raise BadInput(f"dataset.path={clip(file)} is a folder; give a CSV file.") from None
    except FileNotFoundError:
        beside = [item.name for item in file.parent.glob("*") if item.is_file()] if file.parent.is_dir() else []
        near = difflib.get_close_matches(file.name, beside)
        where = (
            f"; did you mean {join_names(near)}?"
            if near
            else f" (looked for {clip(file.absolute())}); give a CSV file."
        )
        raise TableGone(f"dataset.path={clip(file)} is not there{where}") from None
    except OSError as error:
        raise BadInput(f"dataset.path={clip(file)} cannot be read: {error.strerror or error}.") from None


def _download(url: str) -> bytes:
    try:
        urlsplit(url)
    except ValueError as error:
        raise BadInput(f"dataset.path={clip(url)} is no address: {error}; give a CSV's URL.") from None
    try:
        with urllib.request.urlopen(url, timeout=_WAIT) as answer:
            data: bytes = answer.read()
            return data
    except (http.client.HTTPException, OSError, ValueError) as error:
        why = clip(getattr(error, "reason", None) or error)
        raise TableGone(f"{source_of(url)} cannot be read: {why}; dataset.path takes a CSV's URL.", why) from None


def parsed(data: bytes, path: str) -> pd.DataFrame:
    """Return a CSV with every cell as text.

    Raises
    ------
    BadInput : no CSV in UTF-8 with one header line and rows.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{clip(path)} is not UTF-8 text; save it as CSV in UTF-8.") from None
    if "\0" in text:
        raise BadInput(f"{clip(path)} is no text (it holds NUL signs); save it as CSV in UTF-8.")
    try:
        header = next(csv.reader(io.StringIO(text, newline=None)), [])
    except csv.Error as error:
        raise BadInput(f"{clip(path)} is no CSV with one header line: {error}.") from None
    _check_header(header, path)
    try:
        # All as text first: `007` stays `007` as a class, and a number column that is none can be quoted as it stands.
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row longer than the header would lose fields
            frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, index_col=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning, ValueError) as error:
        raise BadInput(f"{clip(path)} is no CSV with one header line: {clip(error)}.") from None
    if frame.empty:
        raise BadInput(f"{clip(path)} has a header and no rows; a CSV needs rows of numbers and a class column.")
    return frame


def _check_header(header: list[str], path: str) -> None:
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise BadInput(f"{clip(path)} has more than one column called {join_names(twice)}; give each its own name.")
    if len(header) < 2:
        raise BadInput(
            f"{clip(path)} has one column, {clip(''.join(header))}; a CSV with commas, number columns and a class "
            "column is needed."
        )
    if empty := [str(place) for place, name in enumerate(header, 1) if not name.strip()]:
        raise BadInput(f"Column {join_names(empty)} of {clip(path)} has no name; name it in the header, or drop it.")
