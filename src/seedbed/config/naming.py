"""What a table's experiment and registered model are called, and the words of hints that can be pasted."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Sequence
from typing import Any

from seedbed.config.candidate import format_param
from seedbed.config.schema import Dataset
from seedbed.errors import BadInput, clip, hide_secrets

DEFAULT_TABLE = "iris"  # the table of a command to which none is named
_MLFLOWS_OWN = "Default"
_PLAIN = re.compile(r"[A-Za-z_][\w.-]*")
_LONGEST_NAME = 200  # bytes; a folder is called by it, and file systems take 255


def resolve_dataset_name(dataset: Dataset) -> str:
    """Return the name of experiment and registered model: as typed, else the file's stem.

    Raises
    ------
    BadInput : there is no table, or MLflow would refuse the name for a registered model.
    """
    if not dataset.name and not dataset.path:
        raise BadInput("dataset.path is missing; give dataset=csv dataset.path=FILE_OR_URL dataset.target=COLUMN.")
    name = dataset.name or _get_stem(dataset.path or "")
    if name == _MLFLOWS_OWN:
        raise BadInput(
            f"dataset.name={name} is the experiment that MLflow itself makes, with its files elsewhere; choose another "
            "name: dataset.name=NAME."
        )
    if not _can_name(name):
        raise BadInput(
            f"dataset.name={clip(repr(name))} cannot name a registered model and its folder; choose a shorter one or "
            "one without / \\ : and quotes: dataset.name=NAME."
        )
    return name


def _can_name(name: str) -> bool:
    # MLflow refuses / and :, and finds no name that holds both kinds of quotes.
    refused = not name.strip() or name in (".", "..") or re.search(r"[/\\:\x00-\x1f]", name) or {"'", '"'} <= {*name}
    return not refused and len(name.encode()) <= _LONGEST_NAME


def _get_stem(path: str) -> str:
    file = re.split(r"[?#]", path)[0] if path.lower().startswith(("http://", "https://")) else path
    last = re.split(r"[/\\]", file.removeprefix("package:").rstrip("/"))[-1]
    return re.sub(r"\.(csv|tsv|txt)(\.gz)?$", "", last, flags=re.IGNORECASE)


def quote_override(key: str, value: str) -> str:
    """Return `key=value` as it must be typed in a shell so that Hydra takes the value as it stands."""
    value = hide_secrets(value)
    inner = value.replace("\\", "\\\\") if value.endswith("\\") else value
    inner = inner.replace('"', '\\"')
    return shlex.quote(f'{key}="{inner}"')


def format_name_override(name: str) -> str:
    """Return the word that makes a command act on this table, with a space before it; "" for the default table."""
    if name == DEFAULT_TABLE:
        return ""
    return f" {format_assignment('dataset.name', name)}"


def format_assignment(key: str, value: str) -> str:
    """Return `key=value` as it is typed in a shell, quoted if it has to be."""
    return f"{key}={value}" if _PLAIN.fullmatch(value) else quote_override(key, value)


def format_values(values: Sequence[Any]) -> str:
    """Return values as one types them behind a key: "range(1,61)" for whole numbers at one distance."""
    step = find_step(values)
    if step and len(values) > 3:
        return f"range({values[0]},{values[-1] + 1}{f',{step}' if step > 1 else ''})"
    return ",".join(map(format_param, values))


def find_step(values: Sequence[Any]) -> int:
    """Return the one distance between whole numbers, 0 if there is none."""
    if not all(isinstance(value, int) for value in values):
        return 0
    gaps = {after - before for before, after in itertools.pairwise(values)}
    return gaps.pop() if len(gaps) == 1 else 0
