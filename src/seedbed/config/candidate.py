"""What makes a candidate, its id, and the one text of a param, which that id hashes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from types import NoneType
from typing import Any, get_args

from seedbed.config.constraints import list_keys
from seedbed.config.schema import Train

ParamValue = str | int | float | bool | tuple[Any, ...] | None
CellKey = tuple[str, ParamValue]  # candidate and split seed, which tell the runs of a sweep apart

SPLIT_SEED, FOLDS = "split.seed", "split.folds"
FAMILY, _POWER = "estimator.name", "estimator.p"
FAMILY_KEYS = (FAMILY, "estimator._target_")  # tell the families of a sweep apart
# Neither the table's path nor how the page shows it makes another candidate.
_DATASET_IDENTITY = ("target", "holdout", "holdout_seed")


def collect_params(config: Train, digest: str) -> dict[str, ParamValue]:
    """Return what makes a run's candidate on a parsed table, flat: all that it varies but the split seed."""
    params = {f"dataset.{name}": getattr(config.dataset, name) for name in _DATASET_IDENTITY}
    if config.dataset.group is not None:
        params["dataset.group"] = config.dataset.group
    params["dataset.digest"] = digest
    params["preprocess.name"] = config.preprocess.name
    params |= {
        f"estimator.{key}": value for key, value in config.estimator.to_plain(target=config.estimator.own).items()
    }
    # What a kind of split does not have is None, and not part of it.
    params |= {f"split.{key}": value for key, value in _flatten(config.split).items() if value is not None}
    del params[SPLIT_SEED]
    return params


def format_params(params: Mapping[str, ParamValue]) -> dict[str, str]:
    """Return params as the texts that a store keeps, and that the ids hash."""
    return {key: format_param(value, key) for key, value in params.items()}


def format_param(value: ParamValue, key: str = "") -> str:
    """Return the text of a param; numbers are rounded to 12 digits, so that 0.1 + 0.2 is 0.3.

    Of an estimator 1 and 1.0 differ, as a count and a share may; KNN's power is written as 0.1.0 did.
    """
    if isinstance(value, float):
        rounded = float(f"{value:.12g}")
        whole = rounded.is_integer() and abs(rounded) < 1e15 and (key == _POWER or not key.startswith("estimator."))
        return str(int(rounded)) if whole else repr(rounded)
    if isinstance(value, tuple):
        return f"[{', '.join(map(format_param, value))}]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(4096)
def parse_param(key: str, text: str) -> ParamValue:
    """Return the value whose text `format_param` gave; text stays what is of no key of the schema, or of a text's."""
    if key.startswith("estimator.") and key != FAMILY:
        value = _parse_value(text)
        return float(value) if key == _POWER and isinstance(value, int) else value
    known = list_keys(Train).get(key)
    kind, *others = (get_args(known.kind) or (known.kind,)) if known else (str,)
    if text == "null" and NoneType in others:
        return None
    try:
        value = text == "true" if kind is bool else kind(text)
    except ValueError:  # a param of the same name, and of another program
        return text
    return value


def _parse_value(text: str) -> ParamValue:
    """Return a value of a parameter that no schema describes: what its text says, as YAML of JSON's kind would."""
    if listed := re.fullmatch(r"\[(.*)\]", text, re.DOTALL):
        return tuple(map(_parse_value, filter(None, re.split(r", (?![^\[]*\])", listed[1]))))  # not in inner lists
    try:
        value = float(text) if text in ("inf", "-inf") else json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, str | dict) else value


def compute_candidate_id(params: Mapping[str, ParamValue]) -> str:
    """Return 16 hexadecimal digits that stand for a candidate's params, in whatever order they come."""
    text = json.dumps(dict(sorted(format_params(params).items())), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compute_fingerprint(params: Mapping[str, ParamValue], versions: Mapping[str, str]) -> str:
    """Return 32 hexadecimal digits that stand for all that decides a run's numbers: params, data, versions."""
    text = json.dumps([sorted(format_params(params).items()), sorted(versions.items())], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def shorten_key(key: str) -> str:
    """Return what a sentence calls a key: its last word, or the group that `name` chooses of."""
    group, _, name = key.rpartition(".")
    return group if name == "name" and group else name


def _flatten(value: Any) -> dict[str, Any]:
    return {item.name: getattr(value, item.name) for item in fields(value)}
