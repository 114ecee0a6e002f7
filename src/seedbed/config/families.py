"""The families of `conf/estimator`: an estimator's class, its parameters with their defaults, and how to tune them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import yaml

from seedbed import paths

SPEC = "_spec_"  # the part of a file that is not a parameter, and never recorded
_ENOUGH_ROWS = 500  # for boosting to tell more than a linear model
OWN = "own"  # the family of classes that no file describes, told apart by `_target_`
_FOLDER = paths.CONF / "estimator"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class ParamSpec:
    """What is known of a parameter.

    Attributes
    ----------
    meaning : what --help says of it.
    alias : what sentences call it.
    low, high : the least and the greatest value that it takes.
    to_n_train : whether the greatest value that it takes is the number of training rows.
    simpler : at which end its values make the simpler model.
    """

    meaning: str = ""
    alias: str = ""
    low: float = -math.inf
    high: float = math.inf
    to_n_train: bool = False
    simpler: Literal["high", "low"] | None = None


@dataclass(frozen=True)
class Family:
    """The candidates of one estimator.

    Attributes
    ----------
    target : the dotted name of its class; empty if each candidate names its own.
    defaults : of its parameters, in the order of the file.
    grid : what a sweep varies by default, as typed behind the parameter.
    preprocess : what `preprocess=auto` stands for.
    calibrated : whether its probabilities are fitted on inner folds, since the class has none.
    """

    name: str
    target: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, str] = field(default_factory=dict)
    preprocess: str = "none"
    calibrated: bool = False
    params: Mapping[str, ParamSpec] = field(default_factory=dict)


def make_family(content: Mapping[str, Any]) -> Family:
    """Return the family that a file's content, or a composed config of it, describes."""
    known = {"name", "_target_", SPEC}
    spec, target = dict(content.get(SPEC) or {}), content.get("_target_") or ""
    params = {name: ParamSpec(**own) for name, own in (spec.pop("params", None) or {}).items()}
    defaults = {name: value for name, value in content.items() if name not in known}
    return Family(str(content["name"]), "" if target == "???" else target, defaults, **spec, params=params)


@cache
def read_family(name: str) -> Family:
    """Return a family by its name; of one that no file describes nothing is known."""
    path = _FOLDER / f"{name}.yaml"
    if not name.isidentifier() or not path.is_file():
        return Family(name)
    return make_family(yaml.load(path.read_bytes(), _Loader))


def list_baselines(rows: int) -> tuple[str, ...]:
    """Return which families, with their defaults, tuning is compared with on a table of so many rows."""
    return ("logistic", "hgb") if rows >= _ENOUGH_ROWS else ("logistic",)


@cache
def list_families() -> tuple[Family, ...]:
    """Return every family that a file describes, by name."""
    return tuple(read_family(path.stem) for path in sorted(_FOLDER.glob("*.yaml")))
