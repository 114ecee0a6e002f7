"""Scores of one split, from truth, predictions and probabilities; scikit-learn's numbers, in one pass."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from seedbed.data.arrays import Codes, Counts, Floats

_SCORES, _REPORTED = ("precision", "recall", "f1"), ("precision", "recall", "f1-score")
_LONGEST_KEY = 200  # MLflow takes 250 characters, the metric's own name included


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the test rows say of a fitted estimator.

    `confusion` is an array of shape (n_classes, n_classes): rows are truth, columns predictions.
    """

    confusion: Counts
    metrics: Mapping[str, float]
    report: Mapping[str, Any]


def evaluate(truth: Codes, prediction: Codes, probabilities: Floats, classes: Sequence[str]) -> Evaluation:
    """Score predictions against the truth.

    Parameters
    ----------
    truth, prediction : arrays of shape (n_rows,), places in `classes`.
    probabilities : array of shape (n_rows, n_classes).

    Notes
    -----
    A class that the test rows and predictions leave undefined has NaN of its own. `macro_*` and `balanced_accuracy`
    are what scikit-learn gives without `labels`: over the classes that occur, an undefined one counting 0.
    """
    confusion = confusion_of(truth, prediction, len(classes))
    predicted, true = confusion.sum(axis=0), confusion.sum(axis=1)
    scores = per_class(confusion)
    counted = [np.where(np.isnan(score), 0.0, score) for score in scores]
    occurs = (predicted + true) > 0
    macro = [float(score[occurs].mean()) for score in counted]
    metrics = {
        "accuracy": float((truth == prediction).mean()),
        "balanced_accuracy": float(scores[1][true > 0].mean()),
        **{f"macro_{name}": value for name, value in zip(_SCORES, macro, strict=True)},
        "log_loss": log_loss(truth, probabilities),
    }
    each = list(zip(*(score.tolist() for score in scores), strict=True))
    for key, values in zip(_keys_of(tuple(classes)), each, strict=True):
        metrics.update({f"{name}/{key}": value for name, value in zip(_SCORES, values, strict=True)})
    rows = len(truth)
    weighted = [float((score * true).sum() / rows) for score in counted]
    report = {
        "classes": {
            name: _line(values, support) for name, values, support in zip(classes, each, true.tolist(), strict=True)
        },
        "accuracy": metrics["accuracy"],
        "macro avg": _line(macro, rows),
        "weighted avg": _line(weighted, rows),
        "confusion": confusion.tolist(),
        "support": rows,
    }
    return Evaluation(confusion, metrics, report)


def confusion_of(truth: Codes, prediction: Codes, n_classes: int) -> Counts:
    """Count pairs: an array of shape (n_classes, n_classes), rows truth, columns predictions."""
    pairs = np.bincount(truth * n_classes + prediction, minlength=n_classes**2)
    return pairs.reshape(n_classes, n_classes).astype(np.int64)


def per_class(confusion: Counts) -> tuple[Floats, Floats, Floats]:
    """Return precision, recall and F1 of each class, NaN where the denominator is 0; arrays of shape (n_classes,)."""
    hits = np.diag(confusion).astype(float)
    predicted, true = confusion.sum(axis=0), confusion.sum(axis=1)
    return _ratio(hits, predicted), _ratio(hits, true), _ratio(2 * hits, predicted + true)


def log_loss(truth: Codes, probabilities: Floats) -> float:
    """Return the mean negative log probability of the truth, clipped as scikit-learn does, so that it is finite."""
    eps = np.finfo(probabilities.dtype).eps
    told = probabilities[np.arange(len(truth)), truth]
    return float(-np.mean(np.log(np.clip(told, eps, 1 - eps))))


def class_keys(classes: Sequence[str]) -> dict[str, str]:
    """Map each class name to the part of a metric's name that stands for it.

    MLflow takes letters, digits, `_`, `-`, `.` and blanks there; the rest becomes `_`, a long name is cut, and of two
    names that come out the same the later gets a number.
    """
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for name in classes:
        plain = re.sub(r"[^\w.\- ]", "_", name)[:_LONGEST_KEY]
        plain = "_" * len(plain) if set(plain) <= {".", " "} else plain
        key = next(key for key in _numbered(plain) if key not in taken)
        taken.add(key)
        keys[name] = key
    return keys


@lru_cache
def _keys_of(classes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(class_keys(classes).values())


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


def _ratio(above: Floats, below: Counts) -> Floats:
    out = np.full(len(above), np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out


def _line(values: Sequence[float], support: int) -> dict[str, float | int | None]:
    """Return a line of scikit-learn's classification_report as a dict, an undefined score being None."""
    scores = {name: None if math.isnan(value) else value for name, value in zip(_REPORTED, values, strict=True)}
    return {**scores, "support": support}
