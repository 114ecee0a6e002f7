"""What makes a candidate, its id, and the one text of a param, which that id hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from seedbed.config.schema import Train

SPLIT_SEED, FOLDS = "split.seed", "split.folds"
# Neither where the table lies nor how the page shows it makes another candidate.
_DATASET_IDENTITY = ("target", "holdout", "holdout_seed")


def collect_params(config: Train, digest: str) -> dict[str, str]:
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
        params |= {f"{group}.{key}": value for key, value in _flatten(getattr(config, group)).items()}
    # What a kind of split does not have is None, and no part of it.
    params |= {f"split.{key}": value for key, value in _flatten(config.split).items() if value is not None}
    del params[SPLIT_SEED]
    return {key: format_param(value) for key, value in params.items()}


def format_param(value: object) -> str:
    """Return a config value as the text of a param; numbers are rounded to 12 digits, so that 0.1 + 0.2 is 0.3."""
    if isinstance(value, float):
        rounded = float(f"{value:.12g}")
        return str(int(rounded)) if rounded.is_integer() and abs(rounded) < 1e15 else repr(rounded)
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def compute_candidate_id(params: Mapping[str, str]) -> str:
    """Return 16 hexadecimal digits that stand for a candidate's params, in whatever order they come."""
    text = json.dumps(dict(sorted(params.items())), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compute_fingerprint(params: Mapping[str, str], versions: Mapping[str, str]) -> str:
    """Return 32 hexadecimal digits that stand for all that decides a run's numbers: params, data, versions."""
    text = json.dumps([sorted(params.items()), sorted(versions.items())], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def shorten_key(key: str) -> str:
    """Return what a sentence calls a key: its last word, or the group that `name` chooses of."""
    group, _, name = key.rpartition(".")
    return group if name == "name" and group else name


def _flatten(value: Any) -> dict[str, Any]:
    return {item.name: getattr(value, item.name) for item in fields(value)}
