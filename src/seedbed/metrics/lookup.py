"""The metric that a user types: one of the library's, or a function of one's own, my_module:function."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seedbed.config.validation import import_typed
from seedbed.data.arrays import Codes, Floats
from seedbed.errors import BadInput, UnknownName, clip, join_names
from seedbed.metrics.metric import METRICS, Counts, Metric, class_keys, find_metric, score_candidates


def list_metrics(classes: Sequence[str]) -> list[str]:
    """Return the metrics by which to choose on a table of these classes, those of single classes last."""
    scores = [metric for metric in METRICS.values() if metric.chooses and metric.least_classes <= len(classes)]
    keys = class_keys(classes).values()
    each = [f"{family.name}/{key}" for family in scores if family.per_class for key in keys]
    return sorted(metric.name for metric in scores if not metric.per_class) + sorted(each)


def resolve_metric(name: str, classes: Sequence[str], known: Sequence[str]) -> str:
    """Return the stored name of a metric to choose by; that of a class may be typed with the class's own name.

    Raises
    ------
    BadInput : one that chooses nothing, or that takes more classes; as `load_metric`. UnknownName : not among `known`,
        which it lists.
    """
    family, _, label = name.partition("/")
    stored = f"{family}/{class_keys(classes).get(label, label)}" if label else name
    if stored in known:
        return stored
    found = load_metric(name)
    if 0 < len(classes) < found.least_classes:
        least = f"takes a table of at least {found.least_classes} classes, and this one has {len(classes)}"
        raise BadInput(f"selection.metric={name} {least}.")
    if not found.chooses:
        raise BadInput(f"selection.metric={name} does not tell how good a candidate is; choose by {join_names(known)}.")
    if not found.own:
        raise UnknownName("metric", name, known, most=60)
    return name


def load_metric(name: str) -> Metric:
    """Return the metric of a name that was typed; a stored name is not loaded, since it could be another's code.

    Raises
    ------
    BadInput : a function of one's own that is not there, or does not say which way is better.
    """
    if ":" not in name.partition("/")[0]:
        return find_metric(name)
    key, (module, _, attribute) = f"selection.metric={clip(name)}", name.partition(":")
    function = import_typed(key, module, attribute)
    if not callable(function):
        raise BadInput(f"{key} is not a function.")
    if (better := getattr(function, "better", None)) not in ("higher", "lower"):
        raise BadInput(f'{key} does not say which way is better: add {attribute}.better = "higher", or "lower".')
    every: Any = {"bounds": (-math.inf, math.inf), "unit": "score", "logged": False, "own": True}
    return Metric(name, _ask(function, key), better, needs_probabilities=True, within_splits=True, **every)


def _ask(function: Callable[..., Any], key: str) -> Callable[[Counts], Floats]:
    """Return how a function of one's own is asked, once for the rows of each draw of each candidate."""

    def compute(counts: Counts) -> Floats:
        names = np.array(counts.classes, dtype=object)

        def ask_each(truth: Codes, prediction: Codes, shares: Floats, weights: Floats) -> list[float]:
            told = names[truth], names[prediction], shares
            return [ask(*(rows[own > 0] for rows in told), counts.classes, own[own > 0]) for own in weights.T]

        return score_candidates(counts, ask_each)

    def ask(*rows: Any) -> float:
        try:
            score = function(*rows) if len(rows[0]) else math.nan
        except Exception as error:
            if np.isnan(rows[2]).any():
                return math.nan  # it needs probabilities, and there are none
            why = f"{type(error).__name__}: {clip(error).rstrip('.')}"
            raise BadInput(f"{key} raised {why}; let it return nan where it is undefined.") from error
        if not isinstance(score, numbers.Real):
            raise BadInput(f"{key} returned {clip(score)}, which is not a number.")
        return float(score) if math.isfinite(score) else math.nan

    return compute
