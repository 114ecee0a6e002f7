"""Scores of weighted test rows, for all candidates of a sweep at once; with every weight 1 scikit-learn's numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seedbed.data.arrays import Codes, Floats
from seedbed.errors import NotDone
from seedbed.metrics.names import DUMMY, GROUP, METRICS, PROBABILITY

ClassKeys = Mapping[str, str]  # class name to what stands for it in a metric's name, where that is not the name itself
Count = Callable[[Floats], Floats]  # weighs columns of shape (n_rows, n_candidates) and adds them up

# What is divided by what, of one class: hits (twice), predicted, true.
_RATIOS: Mapping[str, tuple[int, int, int]] = {"precision": (1, 1, 0), "recall": (1, 0, 1), "f1": (2, 1, 1)}
_MACROS = {"macro_precision": "precision", "macro_recall": "recall", "macro_f1": "f1", "balanced_accuracy": "recall"}


class PredictionsMissing(NotDone):
    """The sweep's predictions do not hold every run that competes."""

    def __init__(self, missing: int, runs: int) -> None:
        super().__init__(
            f"The sweep's predictions lack {missing} of the {runs} runs that compete, so that no score corrected "
            f"for the choice can be computed; run the sweep again with resume=latest."
        )
        self.missing, self.runs = missing, runs


@dataclass(frozen=True, eq=False)
class Split:
    """The tests of one seed, in the order of the rows.

    Attributes
    ----------
    places : array of shape (n_rows,), places in the sorted row ids of all seeds.
    truth : array of shape (n_rows, 1), places in the classes.
    prediction : array of shape (n_rows, n_candidates), places in the classes, -1 where a candidate was not tested.
    told : array of shape (n_rows, n_candidates), the probability that the truth was given.
    """

    places: Codes
    truth: Codes
    prediction: Codes
    told: Floats

    @property
    def tested(self) -> Floats:
        """Ones where there is a test; a single column if that is everywhere, which spares most of the products."""
        tested = self.prediction >= 0
        return np.asarray((tested[:, :1] if tested.all() else tested).astype(float))


Scorer = Callable[[Split, Count], Floats]


@dataclass(frozen=True, eq=False)
class Trials:
    """All tests of the candidates that compete; `rows` are the distinct row ids tested, sorted."""

    candidates: tuple[str, ...]
    rows: Codes
    classes: tuple[str, ...]
    splits: tuple[Split, ...]

    def pooled(self) -> Split:
        """Return the tests of all splits as those of one."""
        columns = (
            [getattr(split, name) for split in self.splits] for name in ("places", "truth", "prediction", "told")
        )
        return Split(*(np.concatenate(column) for column in columns))


def trials_of(predictions: pd.DataFrame, candidates: Sequence[str], seeds: Sequence[int]) -> Trials:
    """Return the tests of `candidates` on `seeds` as arrays, whatever the order of `predictions`.

    Raises
    ------
    PredictionsMissing : a candidate without any test on one of the seeds.
    """
    kept = predictions[predictions["seed"].isin(list(seeds)) & predictions["candidate"].isin(list(candidates))]
    if kept.duplicated(["candidate", "seed", "row"]).any():
        # A candidate that was run twice counts once, with the run that the leaderboard takes.
        kept = kept.sort_values("run", kind="stable").drop_duplicates(["candidate", "seed", "row"])
    classes = _classes(kept)
    who = pd.Categorical(kept["candidate"], categories=list(candidates)).codes.astype(np.intp)
    seed, row = kept["seed"].to_numpy(), kept["row"].to_numpy(dtype=np.intp)
    truth, prediction = (_codes(kept[name], classes) for name in ("truth", "prediction"))
    told = _told(kept, truth, classes)
    rows = np.unique(row)
    place = np.searchsorted(rows, row)
    columns = (place, who, truth, prediction, told)
    splits = tuple(_split(*(column[seed == one] for column in columns), candidates=len(candidates)) for one in seeds)
    missing = sum(int((~(split.prediction >= 0).any(axis=0)).sum()) for split in splits)
    if missing:
        raise PredictionsMissing(missing, len(candidates) * len(seeds))
    return Trials(tuple(candidates), rows, classes, splits)


def scorer_of(metric: str, classes: Sequence[str], class_keys: ClassKeys) -> Scorer | None:
    """Return how `metric` is computed from weighted rows of one split, None if it is no function of them.

    `macro_*`, `balanced_accuracy`: as scikit-learn without `labels`, an undefined class 0; of one class NaN there.
    """
    if metric == "accuracy":
        return _accuracy
    if metric == "log_loss":
        return _log_loss
    if metric in _MACROS:
        return _macro(_RATIOS[_MACROS[metric]], range(len(classes)), true_only=metric == "balanced_accuracy")
    kind, _, key = metric.partition("/")
    name = _class_named(key, classes, class_keys)
    return _one_class(_RATIOS[kind], classes.index(name)) if kind in _RATIOS and name is not None else None


def weighted_scores(trials: Trials, scorer: Scorer, weights: Floats) -> Floats:
    """Score every candidate on every split with weighted rows.

    Parameters
    ----------
    weights : array of shape (n_draws, n_rows), one for each of `trials.rows`.

    Returns
    -------
    scores : array of shape (n_splits, n_draws, n_candidates), NaN where undefined.
    """
    shape = (len(weights), len(trials.candidates))
    return np.stack(
        [np.broadcast_to(scorer(split, _over_all(weights[:, split.places])), shape) for split in trials.splits]
    )


def mean_over_splits(scores: Floats) -> Floats:
    """Return the mean over the first axis of what is defined there, NaN where nothing is."""
    defined = ~np.isnan(scores)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(defined, scores, 0.0).sum(axis=0) / defined.sum(axis=0))


def dummy_runs(predictions: pd.DataFrame, runs: pd.DataFrame, class_keys: ClassKeys | None = None) -> pd.DataFrame:
    """Return rows to append to `runs` for the dummy classifier, which has predictions but no run in MLflow."""
    seeds = predictions.loc[predictions["candidate"] == DUMMY, "seed"].unique()
    sizes = runs[runs["seed"].isin(seeds)].groupby("seed")[["n_train", "n_test"]].max()
    if sizes.empty:
        return runs.iloc[:0]
    trials = trials_of(predictions, [DUMMY], list(sizes.index))
    scorers = {name: scorer_of(name.removeprefix(METRICS), trials.classes, class_keys or {}) for name in map(str, runs)}
    ones = np.ones((1, len(trials.rows)))
    scores = {
        name: weighted_scores(trials, scorer, ones)[:, 0, 0]
        for name, scorer in scorers.items()
        if name.startswith(METRICS) and scorer
    }
    return sizes.assign(run="", candidate=DUMMY, **scores).reset_index()


def rows_tested(predictions: pd.DataFrame, metric: str, class_keys: ClassKeys) -> dict[str, int]:
    """Count for each candidate the distinct rows, or groups, behind `metric`: of a class's own score only its own."""
    kind, _, key = metric.partition("/")
    name = _class_named(key, _classes(predictions), class_keys)
    if kind in _RATIOS and name is not None:
        true, predicted = (predictions[column].astype(str) == name for column in ("truth", "prediction"))
        predictions = predictions[{"recall": true, "precision": predicted, "f1": true | predicted}[kind]]
    counts = predictions.groupby("candidate", observed=True)[GROUP if GROUP in predictions else "row"].nunique()
    return {str(name): int(count) for name, count in counts.items()}


def _over_all(weights: Floats) -> Count:
    return lambda columns: np.asarray(weights @ columns)


def _accuracy(split: Split, count: Count) -> Floats:
    return _ratio(count((split.prediction == split.truth).astype(float)), count(split.tested))


def _log_loss(split: Split, count: Count) -> Floats:
    eps = np.finfo(float).eps
    loss = -np.log(np.clip(split.told, eps, 1 - eps))
    return _ratio(count(np.where(split.prediction >= 0, loss, 0.0)), count(split.tested))


def _one_class(ratio: tuple[int, int, int], place: int) -> Scorer:
    def scorer(split: Split, count: Count) -> Floats:
        hits, predicted, true = _class_counts(split, count, place)
        return _ratio(ratio[0] * hits, ratio[1] * predicted + ratio[2] * true)

    return scorer


def _macro(ratio: tuple[int, int, int], places: Sequence[int], *, true_only: bool) -> Scorer:
    def scorer(split: Split, count: Count) -> Floats:
        total, classes = np.zeros(1), np.zeros(1)
        for place in places:
            hits, predicted, true = _class_counts(split, count, place)
            occurs = true > 0 if true_only else (true + predicted) > 0
            score = _ratio(ratio[0] * hits, ratio[1] * predicted + ratio[2] * true)
            total = total + np.where(occurs, np.nan_to_num(score), 0.0)
            classes = classes + occurs
        return _ratio(total, classes)

    return scorer


def _class_counts(split: Split, count: Count, place: int) -> tuple[Floats, Floats, Floats]:
    """Return the weighted rows of a class that are rightly predicted, predicted, and true."""
    of_class, predicted = split.truth == place, split.prediction == place
    return count((of_class & predicted).astype(float)), count(predicted.astype(float)), count(of_class * split.tested)


def _ratio(above: Floats, below: Floats) -> Floats:
    above, below = np.broadcast_arrays(above, below)
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))


def _class_named(key: str, classes: Sequence[str], class_keys: ClassKeys) -> str | None:
    return next((name for name in classes if class_keys.get(name, name) == key), None)


def _classes(predictions: pd.DataFrame) -> tuple[str, ...]:
    named = [name.removeprefix(PROBABILITY) for name in map(str, predictions) if name.startswith(PROBABILITY)]
    return tuple(named) or tuple(sorted({*predictions["truth"].astype(str), *predictions["prediction"].astype(str)}))


def _codes(names: pd.Series[str], classes: Sequence[str]) -> Codes:
    return pd.Categorical(names.astype(str), categories=list(classes)).codes.astype(np.intp)


def _told(predictions: pd.DataFrame, truth: Codes, classes: Sequence[str]) -> Floats:
    columns = [PROBABILITY + name for name in classes]
    if not set(columns) <= set(predictions.columns):
        return np.full(len(predictions), np.nan)
    table: Floats = predictions[columns].to_numpy(dtype=float)
    return np.asarray(table[np.arange(len(truth)), truth])


def _split(place: Codes, who: Codes, truth: Codes, prediction: Codes, told: Floats, *, candidates: int) -> Split:
    places, at = np.unique(place, return_inverse=True)
    truths = np.zeros((len(places), 1), dtype=np.intp)
    predicted = np.full((len(places), candidates), -1, dtype=np.intp)
    probability = np.full((len(places), candidates), np.nan)
    truths[at, 0], predicted[at, who], probability[at, who] = truth, prediction, told
    return Split(places, truths, predicted, probability)
