"""Twenty promotions one after another, of candidates that hardly differ: which of them the rules let through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from choice import CANDIDATES, SEEDS, pick
from populations import CLASSES, Codes, Floats

from seedbed.metrics.metric import ACCURACY
from seedbed.metrics.predictions import SplitPredictions, SweepPredictions, make_scorer
from seedbed.selection.bbc import draw_out_of_bag
from seedbed.selection.choice import SEED, Rule
from seedbed.selection.inference import TIED, corrected_error, exceeds_chance

STEPS, COUNTED_FROM = 20, 8
BETTER = {8: 1, 14: 2}  # of which merit the candidates of a step are, where not 0
GAINS = np.array([0.0, 1.0, 3.0])  # points of accuracy that a merit is worth
ROWS, MORE, RESAMPLES = 120, 10, 300
KEPT, NEIGHBORS, NEAR = 0.6, 3, 24  # a candidate is three neighbours of a random part of the training rows
# Iris, its classes pulled together; and how far apart, in standard deviations, a column more has to have the classes so
# that a candidate is 1 or 3 points better (measured: +1.0 and +3.0 to 0.2).
PULLED, STRENGTHS, SPREAD = 0.45, (0.88, 1.20), 0.4
MEANS = np.array([[5.01, 3.43, 1.46, 0.25], [5.94, 2.77, 4.26, 1.33], [6.59, 2.97, 5.55, 2.03]])
COVARIANCES = np.array(
    [
        [[0.124, 0.099, 0.016, 0.010], [0.099, 0.144, 0.012, 0.009], [0.016, 0.012, 0.030, 0.006]]
        + [[0.010, 0.009, 0.006, 0.011]],
        [[0.266, 0.085, 0.183, 0.056], [0.085, 0.098, 0.083, 0.041], [0.183, 0.083, 0.221, 0.073]]
        + [[0.056, 0.041, 0.073, 0.039]],
        [[0.404, 0.094, 0.303, 0.049], [0.094, 0.104, 0.071, 0.048], [0.303, 0.071, 0.305, 0.049]]
        + [[0.049, 0.048, 0.049, 0.075]],
    ]
)


@dataclass(frozen=True)
class Sequence:
    """What came of twenty promotions: the mean gain from the 8th on (points), and the moves to nothing better."""

    gain: float
    needless: int


def simulate(grows: bool, random: np.random.Generator) -> tuple[Sequence, Sequence]:
    """Promote twenty times by the library's rule, and by the higher mean; each time with other seeds.

    Parameters
    ----------
    grows : whether the table has ten rows more each time.
    """
    levels, labels = draw_table(ROWS + grows * MORE * (STEPS - 1), random)
    champions, merits, needless = [0, 0], np.zeros((STEPS, 2), dtype=int), [0, 0]
    for step in range(1, STEPS):
        merit, rows = BETTER.get(step + 1, 0), ROWS + grows * MORE * step
        # The last columns are the champion of each merit, of which one is compared with.
        tests = sweep([level[:rows] for level in levels], labels[:rows], [merit] * len(CANDIDATES) + [0, 1, 2], random)
        moved = compares(tests, champions[0]), exceeds(tests, champions[1])
        for rule in (0, 1):
            if moved[rule]:
                needless[rule] += merit <= champions[rule]
                champions[rule] = merit
            merits[step, rule] = champions[rule]
    gains = GAINS[merits][COUNTED_FROM - 1 :].mean(axis=0)
    return Sequence(gains[0], needless[0]), Sequence(gains[1], needless[1])


def compares(splits: list[SplitPredictions], champion: int) -> bool:
    """Say whether the alias moves by the library's rule."""
    columns = [*range(len(CANDIDATES)), len(CANDIDATES) + champion]
    own = tuple(
        SplitPredictions(one.index, one.truth, one.prediction[:, columns], one.truth_probability[:, columns])
        for one in splits
    )
    rows = np.unique(np.concatenate([one.index for one in splits]))
    own = tuple(
        SplitPredictions(np.searchsorted(rows, one.index), one.truth, one.prediction, one.truth_probability)
        for one in own
    )
    tests = SweepPredictions((*CANDIDATES, "champion"), rows, tuple(map(str, range(CLASSES))), own)
    rule, scorer = pick(Rule.HIGHEST_MEAN), make_scorer(ACCURACY, tests.classes)
    scores = score(own)
    chosen = int(rule(scores[:, None, :-1])[0])
    _, differences = draw_out_of_bag(tests, scorer, rule, RESAMPLES, SEED, against_last=True)
    ratio = len(splits[0].index) / (len(rows) - len(splits[0].index))
    error = float(corrected_error(scores[:, chosen] - scores[:, -1], ratio))
    return exceeds_chance(float(np.nanmean(differences)), error)


def exceeds(splits: list[SplitPredictions], champion: int) -> bool:
    """Say whether it moves to any higher mean."""
    means = score(splits).mean(axis=0)
    return bool(means[: len(CANDIDATES)].max() > means[len(CANDIDATES) + champion] + TIED)


def score(splits: list[SplitPredictions] | tuple[SplitPredictions, ...]) -> Floats:
    """Return accuracies of shape (n_splits, n_candidates)."""
    return np.stack([(one.prediction == one.truth).mean(axis=0) for one in splits])


def draw_table(rows: int, random: np.random.Generator) -> tuple[list[Floats], Codes]:
    """Return the features of each merit, and the labels; the classes take turns, so that any beginning is balanced."""
    each = -(-rows // CLASSES)
    labels = np.tile(np.arange(CLASSES), each)[:rows]
    means = MEANS.mean(axis=0) + PULLED * (MEANS - MEANS.mean(axis=0))
    base = np.stack([random.multivariate_normal(means[one], COVARIANCES[one], method="cholesky") for one in labels])
    noise, apart = random.standard_normal(rows), labels - (CLASSES - 1) / 2
    more = (np.column_stack([base, SPREAD * (noise + strength * apart)]) for strength in STRENGTHS)
    return [base, *more], labels


def sweep(
    levels: list[Floats], labels: Codes, merits: list[int], random: np.random.Generator
) -> list[SplitPredictions]:
    """Test candidates of these merits on ten splits."""
    orders = {merit: find_near(levels[merit]) for merit in sorted({*merits})}
    splits = []
    for _ in range(SEEDS):
        test = draw_test(labels, random)
        rows, prediction = np.flatnonzero(test), np.empty((test.sum(), len(merits)), dtype=np.intp)
        for merit, order in orders.items():
            own = np.flatnonzero(np.array(merits) == merit)
            near = order[rows]
            near = np.take_along_axis(near, np.argsort(test[near], axis=1, kind="stable"), axis=1)[:, :NEAR]
            kept = ~test & (random.random((len(own), len(labels))) < KEPT)
            prediction[:, own] = vote(near, labels, kept)
        unknown = np.full(prediction.shape, np.nan)
        splits.append(SplitPredictions(rows, labels[rows][:, None], prediction, unknown))
    return splits


def draw_test(labels: Codes, random: np.random.Generator) -> np.ndarray:
    """Return which rows a stratified random split tests: a fifth of each class."""
    test = np.zeros(len(labels), dtype=bool)
    for one in range(CLASSES):
        rows = np.flatnonzero(labels == one)
        test[random.permutation(rows)[: round(len(rows) / 5)]] = True
    return test


def find_near(features: Floats) -> Codes:
    """Return for each row the places of all others, the nearest first."""
    squared = ((features[:, None, :] - features[None, :, :]) ** 2).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    return np.argsort(squared, axis=1)[:, :-1]


def vote(near: Codes, labels: Codes, kept: np.ndarray) -> Codes:
    """Return predictions of shape (n_rows, n_candidates), of the three nearest rows that each candidate has."""
    has = kept[:, near]
    used = has & (np.cumsum(has, axis=2, dtype=np.int8) <= NEIGHBORS)
    votes = [(used & (labels[near] == one)).sum(axis=2, dtype=np.int8) for one in range(CLASSES)]
    return np.asarray(np.stack(votes).argmax(axis=0).T)
