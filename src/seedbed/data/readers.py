"""A table's text, from wherever it lies: a file, an address, the package."""

from __future__ import annotations

import difflib
import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from seedbed.columns.sheet import read_cells
from seedbed.errors import BadInput, TableGone, UnknownName, clip, hide_secrets, join_names, lacks_secrets
from seedbed.paths import PACKAGE_DATA

_WAIT = 30  # seconds for a URL


def clean_source(path: str) -> str:
    """Return where a table came from: an absolute path, or a URL without user, password and query."""
    if path.startswith("package:"):
        return f"seedbed/data/{path.removeprefix('package:')}"
    return hide_secrets(path, "") if _is_url(path) else str(Path(path).expanduser().absolute())


def _is_url(path: str) -> bool:
    return path.lower().startswith(("http://", "https://"))


def read_bytes(path: str) -> bytes:
    """Return what a path, an http(s) URL or `package:NAME` holds.

    Raises
    ------
    BadInput : it cannot be read; TableGone: it is not there.
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
    return _read_file(Path(path).expanduser())


def _read_file(file: Path) -> bytes:
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
    if lacks_secrets(url):
        why = "was kept without its secrets; give it again: dataset=csv dataset.path=ADDRESS"
        raise TableGone(f"The address {clip(url)} {why}.", f"its address {why}")
    try:
        urlsplit(url)
    except ValueError as error:
        raise BadInput(f"dataset.path={clip(url)} is not an address: {error}; give a CSV's URL.") from None
    try:
        with urllib.request.urlopen(url, timeout=_WAIT) as answer:
            return bytes(answer.read())
    except (http.client.HTTPException, OSError, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        why = clip(getattr(error, "reason", None) or error)
        raise TableGone(f"{clean_source(url)} cannot be read: {why}; dataset.path takes a CSV's URL.", why) from None


def parse_table(data: bytes, path: str, read: Mapping[str, str]) -> tuple[pd.DataFrame, str]:
    """Return a table's cells, and its encoding where that is not UTF-8; its index is the lines of the file.

    Cells are text, so that `007` stays `007` as a class, but for the numbers of Parquet and Feather.

    Parameters
    ----------
    read : what finding out got wrong, as `dataset.read` has it.

    Raises
    ------
    BadInput : it is not a table with one header line and rows.
    """
    frame, encoding = read_cells(data, clip(path), separator=read.get("sep"), encoding=read.get("encoding"))
    _check_header(list(frame.columns), path)
    return frame, "" if encoding.startswith("utf-8") else encoding


def _check_header(header: list[str], path: str) -> None:
    plain = [name.strip() for name in header]
    if twice := sorted({name for name in header if plain.count(name.strip()) > 1}):
        raise BadInput(f"{clip(path)} has more than one column called {join_names(twice)}; give each its own name.")
    if len(header) < 2:
        raise BadInput(
            f"{clip(path)} has one column, {clip(''.join(header))}; a table with columns to predict by and a "
            "class column is needed."
        )
    # An unnamed first column may be one of row names.
    if empty := [str(index) for index, name in enumerate(header, 1) if not name.strip() and index > 1]:
        raise BadInput(f"Column {join_names(empty)} of {clip(path)} has no name; name it in the header, or drop it.")
