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

from seedbed.data.arrays import Codes, Floats, Mask
from seedbed.metrics.curves import area_under_roc, average_precision
from seedbed.metrics.names import TIMINGS

_LONGEST_KEY = 200  # MLflow takes 250 characters, the metric's own name included


Unit = Literal["share", "score", "loss", "seconds", "count"]
Source = Literal["test rows", "training rows", "clock"]


class Counts:
    """What a metric is computed from, counts of weighted test rows above all, each computed when it is first asked for.

    Attributes
    ----------
    rows, right, loss : arrays of one shape, such as (n_draws, n_candidates): the rows tested, those predicted right,
        and the sum of their losses, the negative log probability of the truth.
    squares, near : of the same shape: the sum of the rows' Brier scores, and the rows whose truth is among the two most
        probable classes.
    hits, predicted, true : arrays of shape (n_classes, ...): of each class the rows predicted right, predicted, true.
    weights, truth, prediction, probabilities : the rows themselves, of shape (n_rows, n_draws), (n_rows,), (n_rows,
        n_candidates) and (n_rows, n_candidates, n_classes), for a metric that compares them with each other.
    classes : the names of the classes.
    """

    def __init__(self, **counts: Callable[[], Any]) -> None:
        self._counts = counts

    def __getattr__(self, name: str) -> Any:
        if name not in self._counts:
            raise AttributeError(name)
        count = self._counts[name]()
        setattr(self, name, count)
        return count

    @cached_property
    def occurs(self) -> Mask:
        """Which classes have a row or are predicted."""
        return np.asarray(self.predicted + self.true > 0)

    @cached_property
    def by_chance(self) -> Floats:
        """How many pairs of a true and a predicted class agree, whichever rows they are of."""
        return np.asarray((self.true * self.predicted).sum(axis=0))

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
    about : what it is, in a few words.
    of_rows : whether it is a mean over rows, all or each class's; only then are intervals over splits sound.
    within_splits : whether the few rows of each split that a draw leaves are scored by themselves, and averaged, since
        scores of different models do not compare; all others are of the rows left in all splits together.
    logged : whether each run logs it; the others are computed from its predictions.
    least_classes : of how many classes on it says something.
    own : a function of the user's own, called row set by row set.
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
    about: str = ""
    of_rows: bool = False
    within_splits: bool = False
    logged: bool = True
    least_classes: int = 0
    own: bool = False

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
        """Whether differences over splits say something; a time varies with the load of the machine."""
        return self.source != "clock"

    @property
    def has_intervals(self) -> bool:
        """Whether intervals and tests over splits are sound."""
        return self.testable and self.of_rows

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
        return f"{kind} of {key}" if key else kind.rpartition(":")[2].replace("_", " ")

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

    def format_range(self, low: float | None, high: float | None) -> str:
        """Write two bounds: "89 to 100 %"; nothing where there are none."""
        if low is None or high is None:
            return ""
        digits = ".0f" if round(100 * low) != round(100 * high) else ".1f"
        return f"{self._write(low, digits, '.3g')} to {self._write(high, digits, '.3g')}{' %' * self.is_share}"

    def format_difference(self, size: float) -> str:
        """Write the size of a difference with its unit: "1.2 points", "0.012 s"."""
        return f"{100 * size:.1f} points" if self.is_share else self.format(size)

    def format_change(self, difference: float) -> str:
        """Write a difference with its sign and without its unit: "+1.2", "−0.012"."""
        text = self._write(difference, "+.1f", "+.3g")
        return "0.0" if text in ("+0.0", "-0.0", "+0") else text.replace("-", "−")

    def format_changes(self, low: float | None, high: float | None) -> str:
        """Write the bounds of a difference: "−1.2 to +0.3"; nothing where there are none."""
        return "" if low is None or high is None else f"{self.format_change(low)} to {self.format_change(high)}"

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


def _average_rows(total: str) -> Callable[[Counts], Floats]:
    return lambda counts: divide(getattr(counts, total), counts.rows)


def _compute_mcc(counts: Counts) -> Floats:
    """Gorodkin (2004), of any number of classes; 0 where one class is all there is, as scikit-learn has it."""
    pairs = counts.rows**2
    spread = (pairs - (counts.true**2).sum(axis=0)) * (pairs - (counts.predicted**2).sum(axis=0))
    score = (counts.right * counts.rows - counts.by_chance) / np.sqrt(np.where(spread > 0, spread, np.inf))
    return np.where(pairs > 0, score, np.nan)


def _compute_kappa(counts: Counts) -> Floats:
    return divide(counts.right * counts.rows - counts.by_chance, counts.rows**2 - counts.by_chance)


def _against_rest(score: Callable[..., Floats], of_two: Sequence[int]) -> Callable[[Counts], Floats]:
    """Return the mean of a score over the classes, each against the rest; of two classes, over those in `of_two`."""

    def average(truth: Codes, _: Codes, shares: Floats, weights: Floats) -> Any:
        if np.isnan(shares).any():
            return np.nan
        codes = of_two if shares.shape[1] == 2 else range(shares.shape[1])
        return np.mean([score(shares[:, code], truth == code, weights) for code in codes], axis=0)

    return lambda counts: score_candidates(counts, average)


def score_candidates(counts: Counts, score: Callable[..., Any]) -> Floats:
    """Return what `score` says of truth, prediction, probabilities and weights of each candidate's rows."""
    scores = np.full((counts.weights.shape[1], counts.prediction.shape[1]), np.nan)
    for candidate, prediction in enumerate(counts.prediction.T):
        if (tested := prediction >= 0).any():
            shares = counts.probabilities[tested, candidate]
            scores[:, candidate] = score(counts.truth[tested], prediction[tested], shares, counts.weights[tested])
    return scores


_LOSS: Any = {"better": "lower", "unit": "loss", "needs_probabilities": True, "of_rows": True}
_CURVE: Any = {"unit": "score", "needs_probabilities": True, "within_splits": True, "logged": False}
_AGREEMENT: Any = {"bounds": (-1.0, 1.0), "unit": "score", "logged": False}
_TIME: Any = {"better": "lower", "bounds": (0.0, math.inf), "unit": "seconds", "source": "clock"}
_METRICS = (
    Metric("accuracy", _average_rows("right"), about="share predicted right", of_rows=True),
    Metric(
        "balanced_accuracy",
        lambda counts: average_classes(counts.recall, counts.true > 0),
        about="mean recall of the classes that have rows",
        of_rows=True,
    ),
    Metric("macro_precision", _average("precision"), about="mean precision of the classes"),
    Metric("macro_recall", _average("recall"), about="mean recall of the classes", of_rows=True),
    Metric("macro_f1", _average("f1"), about="mean F1 of the classes"),
    Metric("log_loss", _average_rows("loss"), bounds=(0.0, math.inf), about="−log probability of the truth", **_LOSS),
    Metric(
        "brier",
        _average_rows("squares"),
        bounds=(0.0, 2.0),
        about="mean squared error of the probabilities",
        logged=False,
        **_LOSS,
    ),
    Metric("roc_auc", _against_rest(area_under_roc, (1,)), about="mean area under the classes' ROC curves", **_CURVE),
    Metric(
        "average_precision",
        _against_rest(average_precision, (0, 1)),
        about="mean average precision of the classes",
        **_CURVE,
    ),
    Metric("mcc", _compute_mcc, about="Matthews' correlation of truth and prediction", **_AGREEMENT),
    Metric("cohen_kappa", _compute_kappa, about="agreement beyond chance", **_AGREEMENT),
    Metric(
        "top_2_accuracy",
        _average_rows("near"),
        about="share whose truth is among the two most probable classes, of four or more",
        needs_probabilities=True,
        of_rows=True,
        least_classes=4,
        logged=False,
    ),
    Metric(
        "precision",
        lambda counts: counts.precision,
        per_class=True,
        class_rows=lambda true, predicted: predicted,
        about="of the rows predicted as the class, the share of it",
    ),
    Metric(
        "recall",
        lambda counts: counts.recall,
        per_class=True,
        class_rows=lambda true, predicted: true,
        about="of the rows of the class, the share predicted as it",
        of_rows=True,
    ),
    Metric(
        "f1",
        lambda counts: counts.f1,
        per_class=True,
        class_rows=lambda true, predicted: true | predicted,
        about="harmonic mean of precision and recall of the class",
    ),
    Metric("train_accuracy", source="training rows", about="accuracy on the rows it was fitted on", of_rows=True),
    *(Metric(name, about=about, **_TIME) for name, about in zip(TIMINGS, ("to fit", "to predict"), strict=True)),
    Metric("n_train", bounds=(0.0, math.inf), unit="count", source="training rows", about="training rows"),
    Metric("n_test", bounds=(0.0, math.inf), unit="count", about="test rows"),
)
METRICS = {metric.name: metric for metric in _METRICS}  # in the order in which a run logs them
ACCURACY = METRICS["accuracy"]


def find_metric(name: str) -> Metric:
    """Return the metric of a name; of one that is not of this library, higher is better."""
    family, _, key = name.partition("/")
    found = METRICS.get(family)
    if found is None or found.per_class != bool(key):
        return Metric(name, bounds=(-math.inf, math.inf), unit="score")
    return replace(found, name=name, class_key=key) if key else found


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
