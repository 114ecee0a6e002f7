"""Every metric as one object: its direction, bounds and unit, how it is computed, and how its values are written."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np

from seedbed.data.arrays import Floats, Mask
from seedbed.errors import BadInput, UnknownName, join_names
from seedbed.metrics.names import TIMINGS

_LONGEST_KEY = 200  # MLflow takes 250 characters, the metric's own name included


Unit = Literal["share", "loss", "seconds", "count"]
Source = Literal["test rows", "training rows", "clock"]


class Counts:
    """Weighted counts of test rows, all that a metric is computed from, each computed when it is first asked for.

    Attributes
    ----------
    rows, right, loss : arrays of one shape, such as (n_draws, n_candidates): the rows tested, those predicted right,
        and the sum of their losses, the negative log probability of the truth.
    hits, predicted, true : arrays of shape (n_classes, ...): of each class the rows predicted right, predicted, true.
    """

    rows: Floats
    right: Floats
    loss: Floats
    hits: Floats
    predicted: Floats
    true: Floats

    def __init__(self, **counts: Callable[[], Any]) -> None:
        self._counts = counts

    def __getattr__(self, name: str) -> Floats:
        if name not in self._counts:
            raise AttributeError(name)
        count: Floats = self._counts[name]()
        setattr(self, name, count)
        return count

    @cached_property
    def occurs(self) -> Mask:
        """Which classes have a row or are predicted."""
        return self.predicted + self.true > 0

    @cached_property
    def precision(self) -> Floats:
        """Of each class, NaN where it is never predicted."""
        return divide(self.hits, self.predicted)

    @cached_property
    def recall(self) -> Floats:
        """Of each class, NaN where it has no row."""
        return divide(self.hits, self.true)

    @cached_property
    def f1(self) -> Floats:
        """Of each class, NaN where it neither has a row nor is predicted."""
        return divide(2 * self.hits, self.predicted + self.true)


@dataclass(frozen=True)
class Metric:
    """A metric, by the name under which it is typed and stored.

    Attributes
    ----------
    compute : counts to scores; of shape (n_classes, ...) if `per_class`. None if it is not a function of test rows.
    per_class : a family of metrics, one a class: `recall/CLASS`.
    class_key : of one metric of a family, what stands for its class.
    class_rows : of a family, which rows count: those that are truly of the class and those predicted as it, to either.
    needs_probabilities : whether predicted classes alone do not suffice.
    """

    name: str
    compute: Callable[[Counts], Floats] | None = None
    better: Literal["higher", "lower"] = "higher"
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: Unit = "share"
    source: Source = "test rows"
    per_class: bool = False
    class_key: str = ""
    class_rows: Callable[[Mask, Mask], Mask] | None = None
    needs_probabilities: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def sign(self) -> int:
        """What to multiply scores with so that the greatest is the best."""
        return 1 if self.better == "higher" else -1

    @property
    def chooses(self) -> bool:
        """Whether a candidate can be chosen by it; what is counted or measured on training rows tells nothing of it."""
        return self.unit != "count" and self.source != "training rows"

    @property
    def testable(self) -> bool:
        """Whether intervals and tests over splits say something; a time varies with the load of the machine."""
        return self.source != "clock"

    @property
    def is_share(self) -> bool:
        """Whether it is a proportion of rows, to which Wilson's formula applies."""
        return self.unit == "share"

    @property
    def average_name(self) -> Literal["mean", "median"]:
        """How scores over splits are averaged."""
        return "mean" if self.testable else "median"

    def average(self, scores: Floats) -> float:
        """Return the mean of scores over splits, of times the median."""
        return float(np.mean(scores) if self.testable else np.median(scores))

    @property
    def words(self) -> str:
        """The name as a sentence has it: "macro f1", "recall of Setosa"."""
        kind, _, key = self.name.partition("/")
        return f"{kind} of {key}" if key else kind.replace("_", " ")

    @property
    def scale(self) -> float:
        """What to multiply a difference with to have it in `difference_unit`."""
        return 100.0 if self.is_share else 1.0

    @property
    def difference_unit(self) -> str:
        """The unit of a difference in words."""
        return "points" if self.is_share else "seconds" if self.unit == "seconds" else self.name

    def format(self, value: float) -> str:
        """Write a score: "97.5 %", a time in seconds, a loss in three digits."""
        return self._write(value, ".1f", ".3g") + self._suffix

    def format_range(self, low: float, high: float) -> str:
        """Write two bounds: "89 to 100 %"."""
        digits = ".0f" if round(100 * low) != round(100 * high) else ".1f"
        return f"{self._write(low, digits, '.3g')} to {self._write(high, digits, '.3g')}{' %' * self.is_share}"

    def format_difference(self, size: float) -> str:
        """Write the size of a difference with its unit: "1.2 points", "0.012 s"."""
        return f"{100 * size:.1f} points" if self.is_share else self.format(size)

    def format_change(self, difference: float) -> str:
        """Write a difference with its sign and without its unit: "+1.2", "−0.012"."""
        text = self._write(difference, "+.1f", "+.3g")
        return "0.0" if text in ("+0.0", "-0.0", "+0") else text.replace("-", "−")

    def format_tick(self, value: float) -> str:
        """Write a score at an axis, no longer than it has to be: "90 %", "0.25 s"."""
        return self._write(value, ".3g", ".4g") + self._suffix

    def format_short(self, value: float) -> str:
        """Write a score in two or three characters, for a cell of a heat map: "97", "0.12"."""
        return self._write(value, ".0f", ".2g")

    @property
    def _suffix(self) -> str:
        return " %" if self.is_share else " s" if self.unit == "seconds" else ""

    def _write(self, value: float, share: str, other: str) -> str:
        """Write a number by the format for shares, which are in percent, or by that for all else."""
        return f"{self.scale * value:{share if self.is_share else other}}"

    def class_index(self, classes: Sequence[str]) -> int | None:
        """Return which of `classes` a metric of one class is about, None if it is not about one of them."""
        return next((index for index, key in enumerate(class_keys(classes).values()) if key == self.class_key), None)


def divide(above: Floats, below: Floats) -> Floats:
    """Divide parts by their wholes, NaN where both are 0."""
    with np.errstate(invalid="ignore"):
        return np.asarray(above / below)


def average_classes(scores: Floats, occurs: Mask) -> Floats:
    """Return the mean over the classes that occur, an undefined score counting 0; NaN if no class occurs.

    Parameters
    ----------
    scores, occurs : arrays of shape (n_classes, ...).
    """
    scores = np.where(np.isnan(scores), 0.0, scores)
    if scores.ndim == 1:
        scores = scores[occurs]
        return np.asarray(scores.sum() / len(scores))
    return divide(np.where(occurs, scores, 0.0).sum(axis=0), occurs.sum(axis=0))


def _average(family: str) -> Callable[[Counts], Floats]:
    return lambda counts: average_classes(getattr(counts, family), counts.occurs)


_METRICS = (
    Metric("accuracy", lambda counts: divide(counts.right, counts.rows)),
    Metric("balanced_accuracy", lambda counts: average_classes(counts.recall, counts.true > 0)),
    Metric("macro_precision", _average("precision")),
    Metric("macro_recall", _average("recall")),
    Metric("macro_f1", _average("f1")),
    Metric(
        "log_loss",
        lambda counts: divide(counts.loss, counts.rows),
        better="lower",
        bounds=(0.0, math.inf),
        unit="loss",
        needs_probabilities=True,
    ),
    Metric("precision", lambda counts: counts.precision, per_class=True, class_rows=lambda true, predicted: predicted),
    Metric("recall", lambda counts: counts.recall, per_class=True, class_rows=lambda true, predicted: true),
    Metric("f1", lambda counts: counts.f1, per_class=True, class_rows=lambda true, predicted: true | predicted),
    Metric("train_accuracy", source="training rows"),
    *(Metric(name, better="lower", bounds=(0.0, math.inf), unit="seconds", source="clock") for name in TIMINGS),
    Metric("n_train", bounds=(0.0, math.inf), unit="count", source="training rows"),
    Metric("n_test", bounds=(0.0, math.inf), unit="count"),
)
METRICS = {metric.name: metric for metric in _METRICS}  # in the order in which a run logs them
ACCURACY = METRICS["accuracy"]


def find_metric(name: str) -> Metric:
    """Return the metric of a name; one that is not of this library counts as a share that is better when higher."""
    family, _, key = name.partition("/")
    found = METRICS.get(family)
    if found is None or found.per_class != bool(key):
        return Metric(name)
    return replace(found, name=name, class_key=key) if key else found


def list_metrics(classes: Sequence[str]) -> list[str]:
    """Return the metrics by which to choose on a table of these classes, those of single classes last."""
    scores = [metric for metric in METRICS.values() if metric.chooses]
    keys = class_keys(classes).values()
    each = [f"{family.name}/{key}" for family in scores if family.per_class for key in keys]
    return sorted(metric.name for metric in scores if not metric.per_class) + sorted(each)


def resolve_metric(name: str, classes: Sequence[str], known: Sequence[str]) -> str:
    """Return the stored name of a metric to choose by; that of a class may be typed with the class's own name.

    Raises
    ------
    BadInput : one that chooses nothing. UnknownName : not among `known`, which it lists.
    """
    family, _, label = name.partition("/")
    stored = f"{family}/{class_keys(classes).get(label, label)}" if label else name
    if stored in known:
        return stored
    if not find_metric(name).chooses:
        raise BadInput(f"selection.metric={name} does not tell how good a candidate is; choose by {join_names(known)}.")
    raise UnknownName("metric", name, known, most=60)


def class_keys(classes: Sequence[str]) -> dict[str, str]:
    """Map each class name to the part of a metric's name that stands for it.

    MLflow takes letters, digits, `_`, `-`, `.` and blanks there; the rest becomes `_`, a long name is cut, and of two
    names that come out the same the later gets a number.
    """
    return dict(zip(classes, _keys(tuple(classes)), strict=True))


@lru_cache
def _keys(classes: tuple[str, ...]) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    for name in classes:
        plain = re.sub(r"[^\w.\- ]", "_", name)[:_LONGEST_KEY]
        plain = "_" * len(plain) if set(plain) <= {".", " "} else plain
        numbered = (f"{plain}_{number}" for number in itertools.count(2))
        keys[next(key for key in itertools.chain([plain], numbered) if key not in keys)] = None
    return tuple(keys)
