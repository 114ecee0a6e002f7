"""The schema of every key that a user can type, and its checked value, at once.

A default is written here, once; a YAML in `conf/` states only what differs. Every class checks itself when it is
made, so that no value outside its range travels further than this module.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from seedbed.errors import BadValue


@dataclass(frozen=True)
class Rule:
    """What a key takes, as a test and in words."""

    test: Callable[[Any], bool]
    allowed: str


def _one_of(*names: str) -> Rule:
    return Rule(lambda value: value in names, "one of " + ", ".join(names))


_SEED = Rule(lambda seed: 0 <= seed < 2**32, "a whole number from 0 to 4294967295")
_POSITIVE = Rule(lambda value: 0 < value < math.inf, "a number above 0")
RULES: Mapping[str, Rule] = {
    "dataset.holdout": Rule(lambda share: 0 <= share < 1, "a share from 0 to below 1"),
    "dataset.holdout_seed": _SEED,
    "dataset.drawing": _one_of("card", "flower"),
    "preprocess.name": _one_of("none", "standardize"),
    "estimator.name": _one_of("knn"),
    "estimator.n_neighbors": Rule(lambda count: count >= 1, "a whole number from 1"),
    "estimator.weights": _one_of("uniform", "distance"),
    "estimator.algorithm": _one_of("auto", "ball_tree", "kd_tree", "brute"),
    "estimator.p": Rule(lambda power: power is None or 0 < power < math.inf, "a number above 0, or null"),
    "split.name": _one_of("random"),
    "split.seed": _SEED,
    "split.test_size": Rule(lambda share: 0 < share < 1, "a share between 0 and 1"),
    "selection.rule": _one_of("highest_mean", "one_standard_error"),
    "max_failures": Rule(lambda most: most is None or most >= 0, "a whole number from 0, or null"),
    "output": _one_of("text", "json"),
    "runs": Rule(lambda runs: all(runs), "a list of runs, as [ID,ID]"),
    "keep": Rule(lambda candidates: candidates >= 0, "a whole number from 0"),
    "port": Rule(lambda port: 0 <= port <= 65535, "a port from 0 to 65535 (0: any free one)"),
    "poll_seconds": _POSITIVE,
    "max_rows": _POSITIVE,
    "max_file_mb": _POSITIVE,
}


@dataclass(frozen=True)
class Dataset:
    """A table and the part of it that no choice touches.

    `path` is a local path, an http(s) URL, or `package:NAME` for a table that ships with Seedbed. `labels`, `units`,
    `sliders` (name to lowest and highest value), `title`, `description` and `drawing` are what the page shows.
    """

    path: str | None = None
    target: str | None = None
    name: str | None = None
    holdout: float = 0.2
    holdout_seed: int = 0
    title: str = ""
    description: str = ""
    drawing: str = "card"
    start: float | None = None
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    units: dict[str, str] = field(default_factory=dict, hash=False)
    sliders: dict[str, list[float]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        _check("dataset.", self)


@dataclass(frozen=True)
class Preprocess:
    """What happens to the columns before the estimator sees them."""

    name: str = "none"

    def __post_init__(self) -> None:
        _check("preprocess.", self)


@dataclass(frozen=True)
class Estimator:
    """scikit-learn's KNeighborsClassifier, by its own words and defaults."""

    name: str = "knn"
    n_neighbors: int = 5
    weights: str = "uniform"
    metric: str = "minkowski"
    p: float | None = 2.0
    algorithm: str = "auto"

    def __post_init__(self) -> None:
        _check("estimator.", self)


@dataclass(frozen=True)
class Split:
    """How the development rows are parted into training and test rows."""

    name: str = "random"
    seed: int = 0
    test_size: float = 0.2
    stratify: bool = True

    def __post_init__(self) -> None:
        _check("split.", self)


@dataclass(frozen=True)
class Selection:
    """By which metric and rule a candidate is chosen."""

    metric: str = "accuracy"
    rule: str = "highest_mean"

    def __post_init__(self) -> None:
        _check("selection.", self)


@dataclass(frozen=True)
class Tracking:
    """Where runs are kept: an MLflow URI; null means MLFLOW_TRACKING_URI, else the repo's own store.

    `keep_data` keeps a copy of a table under 10 MB, once for an experiment and digest.
    """

    uri: str | None = None
    keep_data: bool = True


@dataclass(frozen=True)
class _Verb:
    dataset: Dataset = field(default_factory=Dataset)
    tracking: Tracking = field(default_factory=Tracking)
    output: str = "text"

    def __post_init__(self) -> None:
        _check("", self)


@dataclass(frozen=True)
class Train(_Verb):
    """`train.py`: one run, or with -m a sweep of them.

    `resume` (`latest`, or a sweep's id), `max_failures`, `force` and `dry_run` are about a sweep as a whole.
    """

    preprocess: Preprocess = field(default_factory=Preprocess)
    estimator: Estimator = field(default_factory=Estimator)
    split: Split = field(default_factory=Split)
    selection: Selection = field(default_factory=Selection)
    resume: str | None = None
    max_failures: int | None = None
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Explore(_Verb):
    """`explore.py`: look at the table."""


@dataclass(frozen=True)
class Promote(_Verb):
    """`promote.py`: mark the best candidate of a sweep, or one run's own model, or an earlier version.

    `history` shows every move of the mark; `dry_run` only says what would be done; `force` overrides the guard.
    """

    selection: Selection = field(default_factory=Selection)
    sweep: str = "latest"
    run: str | None = None
    version: int | None = None
    history: bool = False
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Compare(_Verb):
    """`compare.py`: rank the candidates of a sweep, and say how sure that is."""

    selection: Selection = field(default_factory=Selection)
    sweep: str = "latest"


@dataclass(frozen=True)
class Reproduce(_Verb):
    """`reproduce.py`: do a recorded run again, and say whether it is identical."""

    run: str = "latest"


@dataclass(frozen=True)
class Prune(_Verb):
    """`prune.py`: remove the models of runs, but not those of the best `keep` candidates of each sweep.

    `runs` names others whose models stay; `dry_run` only says what would be removed.
    """

    selection: Selection = field(default_factory=Selection)
    keep: int = 10
    runs: list[str] = field(default_factory=list)
    dry_run: bool = False


@dataclass(frozen=True)
class Serve(_Verb):
    """`python -m serve`: the page on the version marked best."""

    port: int = 7860
    host: str = "127.0.0.1"
    share: bool = False
    root_path: str | None = None
    pictures: str | None = None
    poll_seconds: float = 2.0
    auth_file: str | None = None
    max_rows: int = 10_000
    max_file_mb: float = 10.0


# What a person says of a sweep as a whole; no job's config, params or identity has it.
SWITCHES = ("resume", "max_failures", "force", "dry_run")


def _check(prefix: str, value: object) -> None:
    for item in fields(value):  # type: ignore[arg-type]
        rule, found = RULES.get(prefix + item.name), getattr(value, item.name)
        if rule is not None and not rule.test(found):
            raise BadValue(prefix + item.name, found, rule.allowed)
