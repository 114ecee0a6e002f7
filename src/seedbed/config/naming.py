"""What a table's experiment and registered model are called."""

from __future__ import annotations

import re

from seedbed.config.schema import Dataset
from seedbed.errors import BadInput, clip

DEFAULT_TABLE = "iris"  # the table of a command to which none is named
_MLFLOWS_OWN = "Default"
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
