"""What a table's experiment and registered model are called, and hints that can be pasted."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from seedbed.config.candidate import format_param
from seedbed.config.dataset import OF_THE_COLUMNS, Dataset
from seedbed.errors import BadInput, clip, hide_secrets

DEFAULT_TABLE = "iris"  # the table of a command to which none is named
_MLFLOWS_OWN = "Default"
_FORBIDDEN = re.compile(r"[/\\:\x00-\x1f]")
_PLAIN = re.compile(r"[A-Za-z_/][\w/.:+-]*", re.ASCII)
_SPECIAL = re.compile(r"[\\()\[\]{}:=, ]")  # in a key of a mapping
_NOT_TEXT = {"null", "true", "false", "nan", "inf"}  # to Hydra
_LONGEST_NAME = 200  # bytes; a folder is called by it, and file systems take 255


def resolve_dataset_name(dataset: Dataset) -> str:
    """Return the name of experiment and registered model: as typed, else the file's stem.

    Raises
    ------
    BadInput : there is no table, or MLflow would refuse the name for a registered model.
    """
    if not dataset.name and not dataset.path:
        raise BadInput("dataset.path is missing; give dataset=csv dataset.path=FILE_OR_URL dataset.target=COLUMN.")
    name = dataset.name or _derive_name(dataset.path or "")
    if name == _MLFLOWS_OWN:
        raise BadInput(
            f"dataset.name={name} is the experiment that MLflow itself makes, with its files elsewhere; choose another "
            "name: dataset.name=NAME."
        )
    # MLflow refuses / and :, and finds no name that holds both kinds of quotes.
    refused = not name.strip() or name in (".", "..") or _FORBIDDEN.search(name) or {"'", '"'} <= {*name}
    if refused or len(name.encode()) > _LONGEST_NAME:
        raise BadInput(
            f"dataset.name={clip(repr(name))} cannot name a registered model and its folder; choose a shorter one or "
            "one without / \\ : and quotes: dataset.name=NAME."
        )
    return name


def _derive_name(path: str) -> str:
    """Return a file's stem, with _ for each character that no name may hold."""
    file = re.split(r"[?#]", path)[0] if path.lower().startswith(("http://", "https://")) else path
    last = re.split(r"[/\\]", file.removeprefix("package:").rstrip("/"))[-1]
    stem = _FORBIDDEN.sub("_", re.sub(r"\.(csv|tsv|txt)(\.gz)?$", "", last, flags=re.IGNORECASE))
    return stem.replace('"', "_") if "'" in stem else stem


def format_command(program: str, *words: str, name: str = DEFAULT_TABLE, uri: str = "") -> str:
    """Return a command that can be pasted into a shell and acts on the same table and store.

    Parameters
    ----------
    program : "serve" or a script of experiments/, with its option: "train -m".
    words : what is typed behind it, as Hydra reads it.
    name : of the table; the default one is not named.
    uri : of the store, empty for the one that is taken without a word.
    """
    script, _, option = program.partition(" ")
    own = {"dataset.name": "" if name == DEFAULT_TABLE else name, "tracking.uri": uri}
    typed = [option, *words, *(make_override(key, value) for key, value in own.items() if value)]
    start = "python -m serve" if script == "serve" else f"python experiments/{script}.py"
    return " ".join([start, *(shlex.quote(word) for word in typed if word)])


def list_table_words(dataset: Dataset) -> list[str]:
    """Return the words by which a command reads a recorded table, apart from its name."""
    keys = ("path", "target", "group", "holdout", "holdout_seed")
    typed = {f"dataset.{key}": value for key in keys if (value := getattr(dataset, key)) != getattr(Dataset, key)}
    words = (make_override(key, value) if isinstance(value, str) else f"{key}={value}" for key, value in typed.items())
    own = {key: getattr(dataset, key) for key in OF_THE_COLUMNS if getattr(dataset, key) != getattr(Dataset(), key)}
    more = (f"dataset.{key}={_format_nested(value)}" for key, value in own.items() if own.keys() != {"omit"})
    return ["dataset=csv", *words, *more, *(["split=grouped"] if dataset.group else [])]


def _format_nested(value: Any) -> str:
    """Return a word, a list or a mapping of words as Hydra reads it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{escape_name(key)}: {_format_nested(own)}' for key, own in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_format_nested, value))}]"
    return make_override("", str(value))[1:]


def escape_name(name: str) -> str:
    """Return a name so that Hydra reads it as a key of a mapping."""
    return _SPECIAL.sub(r"\\\g<0>", name)


def make_override(key: str, value: str) -> str:
    """Return `key=value` so that Hydra takes the value as it stands, in quotes if it needs them."""
    if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return f"{key}={value}"
    inner = re.sub(r'(\\*)("|\Z)', lambda found: found[1] * 2 + found[2].replace('"', '\\"'), value)
    inner = inner.replace("${", "\\${")
    return f'{key}="{inner}"'


def quote_override(key: str, value: str) -> str:
    """Return `key=value` as it must be typed in a shell so that Hydra takes the value as it stands."""
    return shlex.quote(make_override(key, hide_secrets(value)))


def format_trust(types: Iterable[str]) -> str:
    """Return the word by which types may be loaded again, as typed in a shell."""
    return shlex.quote(f"trust=[{','.join(types)}]")


def format_values(values: Sequence[Any], key: str = "") -> str:
    """Return values as one types them behind `key`: "range(1,61)" for whole numbers at one distance."""
    step = find_step(values)
    if step and len(values) > 3:
        return f"range({values[0]},{values[-1] + 1}{f',{step}' if step > 1 else ''})"
    return ",".join(format_param(value, key) for value in values)


def find_step(values: Sequence[Any]) -> int:
    """Return the one distance between whole numbers, 0 if there is none."""
    if not all(isinstance(value, int) for value in values):
        return 0
    gaps = {after - before for before, after in itertools.pairwise(values)}
    return gaps.pop() if len(gaps) == 1 else 0
