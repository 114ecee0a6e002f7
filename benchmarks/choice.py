"""One table after another from a population whose truth is known: what is shown of a choice, and what is true of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
import pandas as pd
from populations import CLASSES, MOST, Codes, Floats, Population, by_distance, votes

from seedbed.data.splits.holdout import draw_holdout
from seedbed.data.splits.random import split_rows
from seedbed.metrics.metric import ACCURACY
from seedbed.metrics.names import METRIC_COLUMN
from seedbed.metrics.predictions import SplitPredictions, SweepPredictions, make_scorer
from seedbed.records.records import PARAMS
from seedbed.selection.axes import NEIGHBORS
from seedbed.selection.bbc import Pick, draw_out_of_bag
from seedbed.selection.choice import SEED, Rule, make_pick, summarize_draws
from seedbed.selection.inference import LEVEL, wilson_interval
from seedbed.selection.leaderboard import Leaderboard, rank_runs
from seedbed.selection.scores import compare_to_leader, score_candidate

EACH = 50  # rows of each class in a table
SEEDS = 10
SHARE = 0.2  # of a table held out, and of the rest tested in each split
PLANS = 25  # ways to split, in turn
SINGLE = "highest single run"
RULES = (SINGLE, Rule.HIGHEST_MEAN, Rule.ONE_STANDARD_ERROR)
CANDIDATES = tuple(f"{k:02}" for k in range(1, MOST + 1))


class Way(StrEnum):
    """What is shown of a choice."""

    AS_IT_IS = "its score as it is"
    CORRECTED = "corrected for the choice"
    HOLDOUT = "holdout"


@dataclass(frozen=True)
class Plan:
    """Which rows are held out, and which of the others (numbered from 0) each split trains on and tests."""

    held: Codes
    development: Codes
    parts: tuple[tuple[Codes, Codes], ...]


@dataclass(frozen=True)
class Shown:
    """A score with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Replication:
    """What came of one table.

    Attributes
    ----------
    chosen : for each rule the place of its candidate.
    shown : for each rule what is shown of the candidate, in each way that the rule has.
    trained, fitted, served : arrays of shape (MOST,), the true accuracy of every candidate fitted on the training rows
        of one split, on all development rows, and on all rows.
    leader, worse : the place of the highest mean, and those of the candidates called significantly worse.
    """

    chosen: Mapping[str, int]
    shown: Mapping[tuple[str, Way], Shown]
    trained: Floats
    fitted: Floats
    served: Floats
    leader: int
    worse: tuple[int, ...]


@dataclass(frozen=True)
class Size:
    """How much is simulated: tables, resamples of each corrected estimate, new rows of each class for the truth."""

    replications: int = 2000
    resamples: int = 500
    truth: int = 1333


@dataclass(frozen=True)
class Sweep:
    """The tests of every candidate on every split; `scores` has shape (n_splits, n_candidates)."""

    predictions: SweepPredictions
    scores: Floats


@cache
def plan(number: int) -> Plan:
    """Split as the library does, which hangs on the labels alone; they stand class by class in every table."""
    labels = np.repeat(np.arange(CLASSES), EACH)
    held = draw_holdout(np.arange(len(labels), dtype=float)[:, None], labels, share=SHARE, seed=number)
    development = np.setdiff1d(np.arange(len(labels)), held)
    seeds = range(SEEDS * number, SEEDS * (number + 1))
    parts = [split_rows(labels[development], seed=seed, test_size=SHARE, stratify=True) for seed in seeds]
    return Plan(held, development, tuple((np.sort(train), np.sort(test)) for train, test in parts))


@cache
def board() -> Leaderboard:
    """Return a leaderboard of the same grid and splits: of it a rule needs the order and the sizes, not the scores."""
    train, test = map(len, plan(0).parts[0])
    runs = [
        {"run": f"{name}-{seed}", "candidate": name, "seed": seed, PARAMS + NEIGHBORS: int(name)}
        for name in CANDIDATES
        for seed in range(SEEDS)
    ]
    frame = pd.DataFrame(runs).assign(n_train=train, n_test=test, **{METRIC_COLUMN + ACCURACY.name: 1.0})
    axes = {NEIGHBORS: list(range(1, MOST + 1))}
    return rank_runs(frame, ACCURACY.name, planned_seeds=range(SEEDS), axes=axes)


@cache
def pick(rule: str) -> Pick:
    """Return the library's rule as a function of scores."""
    return make_pick(board(), Rule(rule))


def sweep_of(features: Floats, labels: Codes, parts: tuple[tuple[Codes, Codes], ...]) -> Sweep:
    """Do the sweep on the development rows: the neighbours are sorted once, each split leaves out its test rows."""
    order = by_distance(features, features)
    tested = np.unique(np.concatenate([test for _, test in parts]))
    splits = []
    for train, test in parts:
        fitted = np.zeros(len(labels), dtype=bool)
        fitted[train] = True
        ranked = order[test]
        near = ranked[fitted[ranked]].reshape(len(test), len(train))[:, :MOST]
        prediction = votes(labels[near])
        unknown = np.full(prediction.shape, np.nan)
        splits.append(SplitPredictions(np.searchsorted(tested, test), labels[test][:, None], prediction, unknown))
    scores = np.stack([(split.prediction == split.truth).mean(axis=0) for split in splits])
    return Sweep(SweepPredictions(CANDIDATES, tested, tuple(map(str, range(CLASSES))), tuple(splits)), scores)


def replicate(population: Population, random: np.random.Generator, number: int, size: Size) -> Replication:
    """Draw a table, sweep, choose by every rule, and look at the truth."""
    planned = plan(number % PLANS)
    features, labels = population.draw(random, EACH)
    rows = planned.development
    sweep = sweep_of(features[rows], labels[rows], planned.parts)
    held = votes(labels[rows][by_distance(features[planned.held], features[rows])[:, :MOST]])
    right = (held == labels[planned.held][:, None]).sum(axis=0)
    parts = [rows[planned.parts[0][0]], rows, np.arange(len(labels))]
    truths = population.truths(random, (features, labels), parts, size.truth)
    chosen = {rule: choice(sweep, rule) for rule in RULES}
    shown = {(rule, way): seen for rule in RULES for way, seen in ways(sweep, rule, chosen[rule], size.resamples)}
    for rule, place in chosen.items():
        shown[rule, Way.HOLDOUT] = held_out(int(right[place]), len(planned.held))
    return Replication(chosen, shown, *truths, *compare(sweep))


def compare(sweep: Sweep) -> tuple[int, tuple[int, ...]]:
    """Return the place of the leader, and of those that the leaderboard calls significantly worse."""
    order, ratio = np.argsort(-sweep.scores.mean(axis=0), kind="stable").tolist(), board().rows[0].test_train_ratio
    scores = (dict(enumerate(sweep.scores[:, place].tolist())) for place in order)
    found = compare_to_leader(ACCURACY, [score_candidate(ACCURACY, own, test_train_ratio=ratio) for own in scores])
    differences = zip(order[1:], (row.difference for row in found[1:]), strict=True)
    return order[0], tuple(place for place, own in differences if own and own.holm is not None and own.holm < 1 - LEVEL)


def choice(sweep: Sweep, rule: str) -> int:
    """Return the place of the candidate that a rule chooses; of equal single runs the first one, as `max` takes it."""
    if rule == SINGLE:
        return int(sweep.scores.max(axis=0).argmax())
    return int(pick(rule)(sweep.scores[:, None, :])[0])


def ways(sweep: Sweep, rule: str, place: int, resamples: int) -> Iterator[tuple[Way, Shown]]:
    """Yield what the sweep itself shows of a choice."""
    yield Way.AS_IT_IS, as_it_is(sweep, rule, place)
    if rule != SINGLE:
        yield Way.CORRECTED, corrected(sweep, rule, resamples)


def as_it_is(sweep: Sweep, rule: str, place: int) -> Shown:
    """Return the score that the choice went by, with the library's interval, which knows nothing of the choice."""
    scores = sweep.scores[:, place]
    seen = scores.max(keepdims=True) if rule == SINGLE else scores
    tested = len(sweep.predictions.splits[0].index) if rule == SINGLE else len(sweep.predictions.rows)
    ratio = board().rows[0].test_train_ratio
    row = score_candidate(ACCURACY, dict(enumerate(seen.tolist())), test_train_ratio=ratio, rows=tested)
    return Shown(row.score, row.low, row.high)


def corrected(sweep: Sweep, rule: str, resamples: int) -> Shown:
    """Return what `corrected_estimate` does, without the tables that it reads the tests from."""
    scorer = make_scorer(ACCURACY, sweep.predictions.classes)
    _, scores = draw_out_of_bag(sweep.predictions, scorer, pick(rule), resamples, SEED)
    value, interval, _ = summarize_draws(scores, ACCURACY, len(sweep.predictions.rows))
    return Shown(value, interval.low, interval.high)


def held_out(right: int, rows: int) -> Shown:
    """Return the share right of the rows held out, with Wilson's interval."""
    interval = wilson_interval(right, rows)
    return Shown(right / rows, interval.low, interval.high)
