"""What each key takes, as a test and in words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from seedbed.errors import BadValue


@dataclass(frozen=True)
class Rule:
    """What a key takes, as a test and in words."""

    test: Callable[[Any], bool]
    allowed: str


def _one_of(*names: str) -> Rule:
    return Rule(lambda value: value in names, "one of " + ", ".join(names))


def _is_span(edges: list[float]) -> bool:
    return len(edges) == 2 and -math.inf < edges[0] < edges[1] < math.inf


def _is_place(path: str | None) -> bool:
    # Gradio also takes the whole address that the proxy answers at.
    return path is None or bool(re.fullmatch(r"(https?://[^/?#\s]+)?(/[^/?#\s]+)*/?", path))


_SEED = Rule(lambda seed: 0 <= seed < 2**32, "a whole number from 0 to 4294967295")
_POSITIVE = Rule(lambda value: 0 < value < math.inf, "a number above 0")
RULES: Mapping[str, Rule] = {
    "dataset.holdout": Rule(lambda share: 0 <= share < 1, "a share from 0 to below 1"),
    "dataset.holdout_seed": _SEED,
    "dataset.start": Rule(
        lambda start: start is None or math.isfinite(start), "a number in every box of the page; null: the middle"
    ),
    "dataset.sliders": Rule(
        lambda sliders: all(map(_is_span, sliders.values())),
        "column: [lowest, highest] of a slider",
    ),
    "dataset.drawing": _one_of("card", "flower"),
    "preprocess.name": _one_of("none", "standardize"),
    "estimator.name": _one_of("knn"),
    "estimator.n_neighbors": Rule(lambda count: count >= 1, "a whole number from 1"),
    "estimator.weights": _one_of("uniform", "distance"),
    "estimator.algorithm": _one_of("auto", "ball_tree", "kd_tree", "brute"),
    "estimator.p": Rule(lambda power: power is None or 0 < power < math.inf, "a number above 0, or null"),
    "split.name": _one_of("random", "kfold", "grouped"),
    "split.seed": _SEED,
    "split.test_size": Rule(lambda share: share is None or 0 < share < 1, "a share between 0 and 1"),
    "split.folds": Rule(lambda folds: folds is None or folds >= 2, "a whole number from 2"),
    "selection.rule": _one_of("highest_mean", "one_standard_error"),
    "max_failures": Rule(lambda most: most is None or most >= 0, "a whole number from 0, or null"),
    "output": _one_of("text", "json"),
    "runs": Rule(lambda runs: all(isinstance(run, str) and run for run in runs), "a list of runs, as [ID,ID]"),
    "keep": Rule(lambda candidates: candidates >= 0, "a whole number from 0"),
    "port": Rule(lambda port: 0 <= port <= 65535, "a port from 0 to 65535 (0: any free one)"),
    "host": Rule(lambda host: bool(host.strip()), "an address to listen on; 0.0.0.0: all"),
    "root_path": Rule(_is_place, "null, or the sub-path behind a proxy, as /iris"),
    "poll_seconds": _POSITIVE,
    "max_rows": _POSITIVE,
    "max_file_mb": _POSITIVE,
}


def check(prefix: str, value: object) -> None:
    """Hold the fields of a dataclass to the rules of their keys.

    Raises
    ------
    BadValue : the first field that breaks its rule.
    """
    for item in fields(value):  # type: ignore[arg-type]
        check_value(prefix + item.name, getattr(value, item.name))


def check_value(key: str, value: object) -> None:
    """Hold a value to the rule of its key.

    Raises
    ------
    BadValue : it breaks the rule.
    """
    rule = RULES.get(key)
    if rule is not None and not rule.test(value):
        raise BadValue(key, value, rule.allowed)
