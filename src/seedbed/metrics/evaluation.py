"""The scores of one run, from truth, predictions and probabilities; scikit-learn's numbers, in one pass."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from seedbed.data.arrays import Codes, Floats
from seedbed.data.arrays import Counts as Confusion
from seedbed.metrics.metric import METRICS, Counts, class_keys

_EPS = np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the test rows say of a fitted estimator.

    `confusion` is an array of shape (n_classes, n_classes): rows are truth, columns predictions.
    """

    confusion: Confusion
    metrics: Mapping[str, float]
    report: Mapping[str, Any]


def evaluate(truth: Codes, prediction: Codes, probabilities: Floats, classes: Sequence[str]) -> Evaluation:
    """Score predictions against the truth, each row counting 1.

    Parameters
    ----------
    truth, prediction : arrays of shape (n_rows,), indexes in `classes`.
    probabilities : array of shape (n_rows, n_classes).

    Notes
    -----
    A class that the test rows and predictions leave undefined has NaN of its own. `macro_*` and `balanced_accuracy`
    are what scikit-learn gives without `labels`: over the classes that occur, an undefined one counting 0.
    """
    confusion = count_confusion(truth, prediction, len(classes))
    hits = confusion.diagonal().astype(float)
    counts = Counts(
        rows=lambda: np.float64(len(truth)),
        right=hits.sum,
        loss=losses(probabilities[np.arange(len(truth)), truth]).sum,
        hits=lambda: hits,
        predicted=lambda: confusion.sum(axis=0),
        true=lambda: confusion.sum(axis=1),
    )
    metrics: dict[str, float] = {}
    families: dict[str, list[float]] = {}
    for name, metric in METRICS.items():
        if metric.compute is None or not metric.logged:
            continue
        score = metric.compute(counts)
        if metric.per_class:
            families[name] = score.tolist()
        else:
            metrics[name] = float(score)
    scores = itertools.chain.from_iterable(zip(*families.values(), strict=True))
    metrics.update(zip(_class_metrics(tuple(families), tuple(classes)), scores, strict=True))
    return Evaluation(confusion, metrics, _report(confusion, counts, metrics, classes))


def count_confusion(truth: Codes, prediction: Codes, n_classes: int) -> Confusion:
    """Count pairs: an array of shape (n_classes, n_classes), rows truth, columns predictions."""
    pairs = np.bincount(truth * n_classes + prediction, minlength=n_classes**2)
    return pairs.reshape(n_classes, n_classes).astype(np.int64, copy=False)


def losses(truth_probability: Floats) -> Floats:
    """Return the negative log probability of the truth, clipped as scikit-learn does, so that it is finite."""
    return np.asarray(-np.log(np.minimum(np.maximum(truth_probability, _EPS), 1 - _EPS)))


def squared_errors(probabilities: Floats, truth_probability: Floats) -> Floats:
    """Return the Brier score of each row, the last axis being the classes; of two half their sum, as scikit-learn's."""
    errors = np.maximum((probabilities**2).sum(axis=-1) - 2 * truth_probability + 1, 0.0)
    return np.asarray(errors / 2 if probabilities.shape[-1] == 2 else errors)


def is_among_two(probabilities: Floats, truth: Codes) -> Floats:
    """Say whether the truth is one of the two most probable classes, of equal ones the later, as scikit-learn does."""
    told = np.take_along_axis(probabilities, truth[..., None], axis=-1)
    later = np.arange(probabilities.shape[-1]) > truth[..., None]
    ahead = (probabilities > told) | (probabilities == told) & later
    return np.where(np.isnan(told[..., 0]), np.nan, ahead.sum(axis=-1) < 2)


@lru_cache
def _class_metrics(families: tuple[str, ...], classes: tuple[str, ...]) -> list[str]:
    return [f"{family}/{key}" for key in class_keys(classes).values() for family in families]


def _report(
    confusion: Confusion, counts: Counts, metrics: Mapping[str, float], classes: Sequence[str]
) -> dict[str, Any]:
    """Return scikit-learn's classification_report as a dict, an undefined score being None."""
    scores, rows = np.array([counts.precision, counts.recall, counts.f1]), int(counts.rows)
    keys = {name: key for name, key in class_keys(classes).items() if key != name}
    weighted = (np.where(np.isnan(scores), 0.0, scores) * counts.true).sum(axis=1) / rows
    return {
        "classes": {
            name: _line(values, support)
            for name, values, support in zip(classes, scores.T.tolist(), counts.true.tolist(), strict=True)
        },
        "accuracy": metrics["accuracy"],
        "macro avg": _line([metrics[f"macro_{name}"] for name in ("precision", "recall", "f1")], rows),
        "weighted avg": _line(weighted.tolist(), rows),
        "confusion": confusion.tolist(),
        "support": rows,
        **({"metric_keys": keys} if keys else {}),  # what stands for a class in the names of its metrics
    }


def _line(scores: Sequence[float], support: int) -> dict[str, float | int | None]:
    values = [None if math.isnan(score) else score for score in scores]
    return {**dict(zip(("precision", "recall", "f1-score"), values, strict=True)), "support": support}
