"""All test predictions of a sweep as arrays, and every metric of them with weighted rows, of all candidates at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from seedbed.data.arrays import Codes, Floats, Mask, Rows
from seedbed.errors import NotDone
from seedbed.metrics.evaluation import is_among_two, losses, squared_errors
from seedbed.metrics.metric import Counts, Metric
from seedbed.metrics.names import GROUP, PROBABILITY

Weigh = Callable[[Floats], Floats]  # sums columns of shape (n_rows, n_candidates) over weighted rows


@dataclass(frozen=True, eq=False)
class RowWeights:
    """How often each row of a split counts in each draw, of shape (n_draws, n_rows); it sums columns of all rows."""

    each: Floats

    def __call__(self, columns: Floats) -> Floats:
        return np.asarray(self.each @ columns)


class PredictionsMissing(NotDone):
    """The sweep's predictions do not hold every run that competes."""

    def __init__(self, missing: int, runs: int) -> None:
        super().__init__(
            f"The sweep's predictions lack {missing} of the {runs} runs that compete, so that no score corrected "
            f"for the choice can be computed; run the sweep again with resume=latest."
        )


@dataclass(frozen=True, eq=False)
class SplitPredictions:
    """The tests of one seed, in the order of the rows.

    Attributes
    ----------
    index : array of shape (n_rows,), indexes in the sorted row ids of all seeds.
    truth : array of shape (n_rows, 1), indexes in the classes.
    prediction : array of shape (n_rows, n_candidates), indexes in the classes, -1 where a candidate was not tested.
    truth_probability : array of shape (n_rows, n_candidates), the predicted probability of the truth.
    spread : returns `probabilities`, of shape (n_rows, n_candidates, n_classes), which few metrics need.
    """

    index: Rows
    truth: Codes
    prediction: Codes
    truth_probability: Floats
    spread: Callable[[], Floats] = lambda: np.array(np.nan)

    @cached_property
    def probabilities(self) -> Floats:
        """The predicted probability of each class, NaN where a candidate was not tested."""
        return self.spread()

    @property
    def tested(self) -> Floats:
        """Ones where there is a test; a single column if that is everywhere, which spares most of the products."""
        tested = self.prediction >= 0
        return np.asarray((tested[:, :1] if tested.all() else tested).astype(float))


@dataclass(frozen=True, eq=False)
class Scorer:
    """How a metric is computed from weighted rows of one split."""

    metric: Metric
    classes: tuple[str, ...]
    compute: Callable[[Counts], Floats]

    def __call__(self, split: SplitPredictions, weigh: Weigh) -> Floats:
        index = self.metric.class_index(self.classes)
        scores = self.compute(_count(split, weigh, self.classes, index))
        return scores if index is None else np.asarray(scores[0])


@dataclass(frozen=True, eq=False)
class SweepPredictions:
    """All tests of the candidates that compete; `rows` are the distinct row ids tested, sorted."""

    candidates: tuple[str, ...]
    rows: Rows
    classes: tuple[str, ...]
    splits: tuple[SplitPredictions, ...]

    @cached_property
    def pooled(self) -> SplitPredictions:
        """The tests of all splits as those of one."""
        names = "index", "truth", "prediction", "truth_probability"
        whole: Any = {name: np.concatenate([getattr(split, name) for split in self.splits]) for name in names}
        spread = partial(lambda splits: np.concatenate([split.probabilities for split in splits]), self.splits)
        return SplitPredictions(**whole, spread=spread)

    def take(self, candidate: int) -> SweepPredictions:
        """Return the tests of one candidate alone, by its index."""
        own = slice(candidate, candidate + 1)

        def take_own(split: SplitPredictions) -> SplitPredictions:
            columns = {name: getattr(split, name)[:, own] for name in ("prediction", "truth_probability")}
            return replace(split, spread=lambda: split.probabilities[:, own], **columns)

        return replace(self, candidates=self.candidates[own], splits=tuple(map(take_own, self.splits)))


def arrange_predictions(
    predictions: pd.DataFrame, candidates: Sequence[str], seeds: Sequence[int], *, partly: bool = False
) -> SweepPredictions:
    """Return the tests of `candidates` on `seeds` as arrays, whatever the order of `predictions`.

    Raises
    ------
    PredictionsMissing : a candidate without any test on one of the seeds, unless they may be there `partly`.
    """
    kept = predictions[predictions["seed"].isin(list(seeds)) & predictions["candidate"].isin(list(candidates))]
    if kept.duplicated(["candidate", "seed", "row"]).any():
        # A candidate that was run twice counts once, with the run that the leaderboard takes.
        kept = kept.sort_values("run", kind="stable").drop_duplicates(["candidate", "seed", "row"])
    classes = list_classes(kept)
    candidate = pd.Categorical(kept["candidate"], categories=list(candidates)).codes.astype(np.intp)
    seed, row = kept["seed"].to_numpy(), kept["row"].to_numpy(dtype=np.intp)
    truth, prediction = (
        pd.Categorical(kept[name].astype(str), categories=list(classes)).codes.astype(np.intp)
        for name in ("truth", "prediction")
    )
    rows, shares = np.unique(row), _read_probabilities(kept, classes)
    told = shares[np.arange(len(truth)), truth] if classes else np.empty(0)
    columns = np.searchsorted(rows, row), candidate, truth, prediction, told

    def split(one: int) -> SplitPredictions:
        here = np.flatnonzero(seed == one)
        own: Any = [column[here] for column in columns]
        return _split(*own, candidates=len(candidates), read_shares=lambda: shares[here])

    splits = tuple(map(split, seeds))
    missing = sum(int((~(split.prediction >= 0).any(axis=0)).sum()) for split in splits)
    if missing and not partly:
        raise PredictionsMissing(missing, len(candidates) * len(seeds))
    return SweepPredictions(tuple(candidates), rows, classes, splits)


def list_classes(predictions: pd.DataFrame) -> tuple[str, ...]:
    """Return the class names in the one order that every table and figure has, that of the probabilities' columns."""
    named = [name.removeprefix(PROBABILITY) for name in map(str, predictions) if name.startswith(PROBABILITY)]
    return tuple(named) or tuple(sorted({*predictions["truth"].astype(str), *predictions["prediction"].astype(str)}))


def make_scorer(metric: Metric, classes: Sequence[str]) -> Scorer | None:
    """Return how `metric` is computed from weighted rows of one split, None if it is not a function of them."""
    if metric.compute is None or metric.per_class and metric.class_index(classes) is None:
        return None
    return Scorer(metric, tuple(classes), metric.compute)


def weighted_scores(predictions: SweepPredictions, scorer: Scorer, weights: Floats) -> Floats:
    """Score every candidate on every split with weighted rows.

    Parameters
    ----------
    weights : array of shape (n_draws, n_rows), one for each of `predictions.rows`.

    Returns
    -------
    scores : array of shape (n_splits, n_draws, n_candidates), NaN where undefined.
    """
    shape = (len(weights), len(predictions.candidates))
    own = (weights[:, split.index] for split in predictions.splits)
    scores = (scorer(split, RowWeights(one)) for split, one in zip(predictions.splits, own, strict=True))
    return np.stack([np.broadcast_to(score, shape) for score in scores])


def mean_over_splits(scores: Floats) -> Floats:
    """Return the mean over the first axis of what is defined there, NaN where nothing is."""
    defined = ~np.isnan(scores)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(defined, scores, 0.0).sum(axis=0) / defined.sum(axis=0))


def count_rows(predictions: pd.DataFrame, metric: Metric) -> dict[str, int]:
    """Count for each candidate the distinct rows, or groups, behind `metric`: of a class's own score only its own."""
    classes = list_classes(predictions)
    index = metric.class_index(classes)
    if metric.class_rows is not None and index is not None:
        true, predicted = (
            (predictions[column].astype(str) == classes[index]).to_numpy() for column in ("truth", "prediction")
        )
        predictions = predictions[metric.class_rows(true, predicted)]
    counts = predictions.groupby("candidate", observed=True)[GROUP if GROUP in predictions else "row"].nunique()
    return {str(name): int(count) for name, count in counts.items()}


def _count(split: SplitPredictions, weigh: Weigh, classes: tuple[str, ...], index: int | None) -> Counts:
    """Return the weighted counts of one split, of one class or of each."""
    codes = range(len(classes)) if index is None else [index]

    def sum_tested(column: Floats) -> Floats:
        return weigh(np.where(split.prediction >= 0, column, 0.0))

    def list_weights() -> Floats:
        assert isinstance(weigh, RowWeights), "rows of different splits are not compared"
        return np.ascontiguousarray(weigh.each.T)

    def count_each(column: Callable[[Mask, Mask], Any]) -> Callable[[], Floats]:
        masks = ((split.truth == k, split.prediction == k) for k in codes)
        return lambda: np.stack([weigh(column(true, predicted).astype(float)) for true, predicted in masks])

    return Counts(
        rows=lambda: weigh(split.tested),
        right=lambda: weigh((split.prediction == split.truth).astype(float)),
        loss=lambda: sum_tested(losses(split.truth_probability)),
        squares=lambda: sum_tested(squared_errors(split.probabilities, split.truth_probability)),
        near=lambda: sum_tested(is_among_two(split.probabilities, split.truth)),
        hits=count_each(lambda true, predicted: true & predicted),
        predicted=count_each(lambda true, predicted: predicted),
        true=count_each(lambda true, predicted: true * split.tested),
        weights=list_weights,
        truth=lambda: split.truth[:, 0],
        prediction=lambda: split.prediction,
        probabilities=lambda: split.probabilities,
        classes=lambda: classes,
    )


def _read_probabilities(predictions: pd.DataFrame, classes: Sequence[str]) -> Floats:
    """Return probabilities of shape (n_predictions, n_classes), NaN if there are none."""
    columns = [PROBABILITY + name for name in classes]
    if not set(columns) <= set(predictions.columns):
        return np.full((len(predictions), len(classes)), np.nan)
    return np.asarray(predictions[columns].to_numpy(dtype=float))


def _split(
    row: Rows,
    candidate: Codes,
    truth: Codes,
    prediction: Codes,
    probability: Floats,
    *,
    candidates: int,
    read_shares: Callable[[], Floats],
) -> SplitPredictions:
    index, at = np.unique(row, return_inverse=True)
    truths = np.zeros((len(index), 1), dtype=np.intp)
    predicted = np.full((len(index), candidates), -1, dtype=np.intp)
    probabilities = np.full((len(index), candidates), np.nan)
    truths[at, 0], predicted[at, candidate], probabilities[at, candidate] = truth, prediction, probability

    def spread() -> Floats:
        shares = read_shares()
        every = np.full((len(index), candidates, shares.shape[1]), np.nan)
        every[at, candidate] = shares
        return every

    return SplitPredictions(index, truths, predicted, probabilities, spread)
