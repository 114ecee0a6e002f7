"""What makes a candidate, and what a table's runs are called."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from seedbed.config.schema import Dataset, Train
from seedbed.errors import BadInput, clip, quote_override

_MLFLOWS_OWN = "Default"
_USUAL = "iris"  # the table of a verb to which none is named
_PLAIN = re.compile(r"[A-Za-z_][\w.-]*")
_LONGEST_NAME = 200  # bytes; a folder is called by it, and file systems take 255
# Neither where the table lies nor how the page shows it makes another candidate.
_DATASET_IDENTITY = ("target", "holdout", "holdout_seed")


def candidate_params(config: Train, digest: str) -> dict[str, str]:
    """Return what makes a run's candidate, flat, as text: all that it varies but the split seed.

    Parameters
    ----------
    config : what one run was asked to do.
    digest : of the parsed table.
    """
    params = {f"dataset.{name}": getattr(config.dataset, name) for name in _DATASET_IDENTITY}
    if config.dataset.group is not None:
        params["dataset.group"] = config.dataset.group
    params["dataset.digest"] = digest
    for group in ("preprocess", "estimator"):
        params |= {f"{group}.{key}": value for key, value in _flat(getattr(config, group)).items()}
    # What a kind of split does not have is None, and no part of it.
    params |= {f"split.{key}": value for key, value in _flat(config.split).items() if value is not None}
    del params["split.seed"]
    return {key: text_of(value) for key, value in params.items()}


def text_of(value: object) -> str:
    """Return a config value as the text of a param; numbers are rounded to 12 digits, so that 0.1 + 0.2 is 0.3."""
    if isinstance(value, float):
        rounded = float(f"{value:.12g}")
        return str(int(rounded)) if rounded.is_integer() and abs(rounded) < 1e15 else repr(rounded)
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def short_name(key: str) -> str:
    """Return what a sentence calls a key: its last word, or the group that `name` chooses of."""
    group, _, name = key.rpartition(".")
    return group if name == "name" and group else name


def dataset_name(dataset: Dataset) -> str:
    """Return the name of experiment and registered model: as typed, else the file's stem.

    Raises
    ------
    BadInput : where there is no table, or MLflow would refuse the name for a registered model.
    """
    if not dataset.name and not dataset.path:
        raise BadInput("dataset.path is missing; give dataset=csv dataset.path=FILE_OR_URL dataset.target=COLUMN.")
    name = dataset.name or _stem(dataset.path or "")
    if name == _MLFLOWS_OWN:
        raise BadInput(
            f"dataset.name={name} is the experiment that MLflow itself makes, with its files in another place; choose "
            "another name: dataset.name=NAME."
        )
    if not _can_name(name):
        raise BadInput(
            f"dataset.name={clip(repr(name))} cannot name a registered model and its folder; choose a shorter one or "
            "one without / \\ : and quotes: dataset.name=NAME."
        )
    return name


def word_of(name: str) -> str:
    """Return what the verbs that go by a table's name need to mean this one: nothing for the table that is usual."""
    if name == _USUAL:
        return ""
    return f" dataset.name={name}" if _PLAIN.fullmatch(name) else f" {quote_override('dataset.name', name)}"


def _can_name(name: str) -> bool:
    # MLflow refuses / and :, and finds no name that holds both kinds of quotes.
    refused = not name.strip() or name in (".", "..") or re.search(r"[/\\:\x00-\x1f]", name) or {"'", '"'} <= {*name}
    return not refused and len(name.encode()) <= _LONGEST_NAME


def _stem(path: str) -> str:
    place = re.split(r"[?#]", path)[0] if path.lower().startswith(("http://", "https://")) else path
    last = re.split(r"[/\\]", place.removeprefix("package:").rstrip("/"))[-1]
    return re.sub(r"\.(csv|tsv|txt)(\.gz)?$", "", last, flags=re.IGNORECASE)


def _flat(value: Any) -> dict[str, Any]:
    return {item.name: getattr(value, item.name) for item in fields(value)}
